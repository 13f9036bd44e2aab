import { Table, Text } from "@chakra-ui/react";

import { AirflowLink, type Answer, type Column, DataTable, Day, EmptyState, Moment, Units, csvAddress, useApi, useScope, useTable } from "../../components";

type Row = Answer<"/api/health/quarantine">["rows"][number];
const PATH = "/api/health/quarantine";

const COLUMNS: Column<Row>[] = [
  { key: "report", header: "Report", cell: (row) => row.report },
  {
    key: "question_path", header: "Decide", sortable: false,
    cell: (row) => (row.question_path ? <AirflowLink to={row.question_path}>Release or reject</AirflowLink> : <AirflowLink to={row.dag_path}>Not asked yet: see the DAG</AirflowLink>),
  },
  { key: "account_id", header: "Account", cell: (row) => row.account_id },
  { key: "marketplace", header: "Marketplace", cell: (row) => row.marketplace },
  { key: "first_day", header: "Days", cell: (row) => <Days row={row} /> },
  { key: "figures", header: "In the document, stored, usual", sortable: false, cell: (row) => <Figures row={row} /> },
  { key: "reason", header: "Why", sortable: false, cell: (row) => <Text whiteSpace="normal" minW="16rem">{row.reason}</Text> },
  { key: "created_at", header: "Waiting since", cell: (row) => <Moment value={row.created_at} /> },
];

/** Open questions about implausible documents. */
export const QuarantineTab = () => {
  const { query } = useScope();
  const state = useTable({ name: "quarantine", sort: "created_at", direction: "asc" });
  const asked = { ...query, ...state.query };
  return (
    <DataTable
      caption="Quarantined documents" columns={COLUMNS} result={useApi(PATH, { query: asked })} rowKey={(row) => String(row.id)} state={state} csv={csvAddress(PATH, asked)}
      empty={<EmptyState title="Nothing is waiting for you">Documents whose numbers look implausible are kept out of their tables until you release or reject them. There are none now.</EmptyState>}
    />
  );
};

const Days = ({ row }: { row: Row }) => (row.first_day === row.last_day ? <Day value={row.first_day} /> : <><Day value={row.first_day} style="short" /> – <Day value={row.last_day} /></>);

const Figures = ({ row }: { row: Row }) => (
  <Table.Root size="sm" variant="line" css={{ "& td": { py: 0, px: 2, borderWidth: 0 } }}>
    <Table.Body>
      {row.figures.map((figure) => (
        <Table.Row key={figure.day}>
          <Table.Cell><Day value={figure.day} style="short" /></Table.Cell>
          <Table.Cell textAlign="end"><Units value={figure.new} digits={2} reason="no rows" /></Table.Cell>
          <Table.Cell textAlign="end"><Units value={figure.stored} digits={2} reason="nothing stored" /></Table.Cell>
          <Table.Cell textAlign="end"><Units value={figure.median} digits={2} reason="too little history" /></Table.Cell>
        </Table.Row>
      ))}
    </Table.Body>
  </Table.Root>
);
