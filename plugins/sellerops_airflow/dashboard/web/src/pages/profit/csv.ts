/** CSV of a table that is small enough to be on the page as a whole. */

type Cell = string | number | null | undefined;

// A spreadsheet runs a text that starts so; amounts are no texts.
const FORMULA = /^[=+\-@\t\r]/;
const AMOUNT = /^-?\d+(\.\d+)?$/;

export const csvText = (rows: readonly (readonly Cell[])[]) => rows.map((row) => row.map(write).join(",")).join("\r\n") + "\r\n";

const write = (cell: Cell) => {
  const text = String(cell ?? "");
  const safe = FORMULA.test(text) && !AMOUNT.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Save rows as a file; spreadsheets need the byte order mark. */
export const saveCsv = (name: string, rows: readonly (readonly Cell[])[]) => {
  const address = URL.createObjectURL(new Blob(["\uFEFF", csvText(rows)], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name}.csv`;
  link.click();
  URL.revokeObjectURL(address);
};
