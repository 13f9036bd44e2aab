import { DataTable, EmptyState, ScopeBar, SidePanel, csvAddress, useApi, useHubContext, useQueryParam, useScope, useTable } from "../../components";
import { AlertPanel } from "./AlertPanel";
import { alertColumns } from "./columns";

const PATH = "/api/alerts";

/** Alerts that ended in the period. */
export const HistoryTab = () => {
  const { query } = useScope();
  const sees = useHubContext().data?.user.sees_costs ?? false;
  const [opened, setOpened] = useQueryParam("alert");
  const table = useTable({ name: "history", sort: "ended_at" });
  const asked = { ...query, ...table.query, state: "ended" as const };
  const result = useApi(PATH, { query: asked });
  const alert = result.data?.rows.find((row) => String(row.id) === opened);
  return (
    <>
      <ScopeBar parts={["period"]} />
      <DataTable
        caption="Alerts that have ended" columns={alertColumns((row) => setOpened(String(row.id)), sees)} result={result} rowKey={(row) => String(row.id)} state={table} csv={csvAddress(PATH, asked)}
        search="alert, SKU or text" empty={<EmptyState title="No alert ended in this period">Choose another period.</EmptyState>}
      />
      <SidePanel title={alert ? `${alert.title} ${alert.subject}`.trim() : ""} open={alert !== undefined} close={() => setOpened("")}>
        {alert && <AlertPanel alert={alert} />}
      </SidePanel>
    </>
  );
};
