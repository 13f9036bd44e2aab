import { Button, Input, List, Text } from "@chakra-ui/react";
import { useState } from "react";

import { type Answer, ConfirmDialog, FormField, notify, useWrite } from "../../components";

type Stored = Answer<"/api/health/mapping/upload", "post">;

/** Upload the mapping as CSV: it is checked first, then stored as a whole or not at all. */
export const UploadMapping = () => {
  const upload = useWrite("post", "/api/health/mapping/upload", { invalidates: ["/api/health"] });
  const [content, setContent] = useState("");
  const [checked, setChecked] = useState<Stored | null>(null);
  const choose = async (file: File | undefined) => {
    setChecked(null);
    const text = file ? await file.text() : "";
    setContent(text);
    if (text) setChecked(await upload.mutateAsync({ body: { content: text, check: true } }));
  };
  const store = async () => {
    const done = await upload.mutateAsync({ body: { content, check: false } });
    setChecked(done);
    if (done.problems.length > 0) throw new Error("not stored");
    notify({ tone: "success", text: `Stored: ${done.added} added, ${done.changed} changed. Marts are updated by their next run.` });
  };
  const ready = checked !== null && checked.problems.length === 0 && checked.added + checked.changed > 0;
  return (
    <ConfirmDialog trigger={<Button size="sm" variant="outline">Upload CSV…</Button>} title="Upload the mapping" confirm="Store" disabled={!ready} onConfirm={store}>
      <FormField label="File" help="Columns as in “Mapping as CSV”. Rows of other SKUs stay as they are.">
        <Input
          type="file" accept=".csv,text/csv" p={1} onChange={(event) => void choose(event.currentTarget.files?.[0])}
          // Otherwise the browser does not tell when the corrected file of the same name is chosen.
          onClick={(event) => (event.currentTarget.value = "")}
        />
      </FormField>
      {checked && checked.problems.length === 0 && (
        <Text mt={3}>
          {checked.rows} rows: {checked.added} would be added, {checked.changed} changed.
        </Text>
      )}
      {checked && checked.problems.length > 0 && (
        <>
          <Text mt={3} role="alert" color="red.fg">
            Nothing is stored until these are corrected:
          </Text>
          <List.Root ps={4} maxH="16rem" overflowY="auto" fontSize="sm">
            {checked.problems.map((each) => (
              <List.Item key={`${each.place}${each.problem}`}>
                {each.place}: {each.problem} {each.remedy}
              </List.Item>
            ))}
          </List.Root>
        </>
      )}
    </ConfirmDialog>
  );
};
