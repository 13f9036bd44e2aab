import { Box, Heading, Span, Stack, Table, Text } from "@chakra-ui/react";

import { AirflowLink, type Answer, EmptyState, Loaded, Moment, Select, percent, units, useApi, useQueryParam, useScope } from "../../components";

type Curve = Answer<"/api/health/settling">[number];

/** How long the figures of a report keep changing. */
export const SettlingTab = () => {
  const { query } = useScope();
  const reports = useApi("/api/health/settling/reports");
  const names = reports.data ?? [];
  const [chosen, choose] = useQueryParam("report", names.includes("sales_and_traffic") ? "sales_and_traffic" : names[0]);
  const curves = useApi("/api/health/settling", { query: { ...query, report: chosen }, enabled: chosen !== "" });
  return (
    <Stack gap={4}>
      <Text color="fg.muted" maxW="80ch">
        Amazon revises figures after publishing them. The curve shows, from your own history, what share of a table&apos;s cells no longer changed after a given number of days.
        The lookback is how many days back runs collect again.
      </Text>
      <Box>
        <Select label="Report" value={chosen} options={Object.fromEntries(names.map((name) => [name, name]))} choose={choose} />
      </Box>
      {chosen !== "" && (
        <Loaded result={curves} empty={<EmptyState title="No table of this report records its changes" />}>
          {(data) => (
            <Stack gap={4}>
              {data.map((curve) => (
                <CurveOf key={curve.table} curve={curve} />
              ))}
            </Stack>
          )}
        </Loaded>
      )}
    </Stack>
  );
};

const WIDTH = 640;
const HEIGHT = 180;
const LEFT = 48;
const BOTTOM = 24;

const CurveOf = ({ curve }: { curve: Curve }) => {
  const settled = curve.settled_after;
  const days = (count: number) => (count === 1 ? "1 day" : `${units(count)} days`);
  const dag = <AirflowLink to={curve.dag_path}>{curve.dag_path.replace("dags/", "")}</AirflowLink>;
  const said =
    settled !== null ? `99 % of the cells no longer change after ${days(settled)}.` : "The history is too short to say when the figures settle (28 days loaded twice, and 1,000 cells, are needed).";
  return (
    <Box borderWidth="1px" borderRadius="md" p={3}>
      <Heading as="h3" size="sm">
        {curve.table}
      </Heading>
      <Text fontSize="sm" color="fg.muted" mb={2}>
        {curve.measured_at !== null && said} Lookback: {days(curve.lookback)}
        {curve.is_lookback_measured ? ", measured" : ", as configured"}.
        {curve.measured_at !== null && (
          <>
            {" "}
            Measured <Moment value={curve.measured_at} />.
          </>
        )}
      </Text>
      {curve.measured_at === null ? (
        <EmptyState title="Not measured yet">DAG {dag} measures once a day, at 04:40 UTC.</EmptyState>
      ) : curve.points.length === 0 ? (
        <EmptyState title="No day has been loaded twice yet">The curve begins once runs have collected the same days again. DAG {dag} measures once a day, at 04:40 UTC.</EmptyState>
      ) : (
        <Drawing curve={curve} said={said} />
      )}
    </Box>
  );
};

const Drawing = ({ curve, said }: { curve: Curve; said: string }) => {
  const oldest = Math.max(...curve.points.map(({ age }) => age), curve.lookback);
  const lowest = Math.min(99, ...curve.points.map(({ percent: value }) => value));
  const floor = Math.max(0, Math.floor(lowest / 5) * 5);
  const x = (age: number) => LEFT + ((WIDTH - LEFT - 8) * age) / Math.max(1, oldest);
  const y = (value: number) => 8 + ((HEIGHT - BOTTOM - 8) * (100 - value)) / Math.max(1, 100 - floor);
  const path = curve.points.map(({ age, percent: value }, index) => `${index ? "L" : "M"}${x(age)},${y(value)}`).join("");
  const text = { fontSize: 11, fill: "currentColor", opacity: 0.75 } as const;
  return (
    <>
      <Box overflowX="auto" color="fg">
        <svg width={WIDTH} height={HEIGHT} role="img" aria-label={`${curve.table}: ${said}`}>
          {[floor, 99, 100].map((value) => (
            <g key={value}>
              <line x1={LEFT} x2={WIDTH - 8} y1={y(value)} y2={y(value)} stroke="currentColor" opacity={value === 99 ? 0.6 : 0.2} strokeDasharray={value === 99 ? "4 3" : undefined} />
              {value !== 100 && <text x={LEFT - 6} y={y(value) + 4} textAnchor="end" {...text}>{percent(value / 100, { digits: 0 })}</text>}
            </g>
          ))}
          <line x1={x(curve.lookback)} x2={x(curve.lookback)} y1={8} y2={HEIGHT - BOTTOM} stroke="#E69F00" strokeWidth={2} />
          <path d={path} fill="none" stroke="#0072B2" strokeWidth={2} />
          {curve.points.map(({ age, percent: value }) => (
            <circle key={age} cx={x(age)} cy={y(value)} r={2.5} fill="#0072B2">
              <title>{`after ${age} days: ${percent(value / 100, { digits: 2 })}`}</title>
            </circle>
          ))}
          {[0, Math.round(oldest / 2), oldest].map((age) => (
            <text key={age} x={x(age)} y={HEIGHT - 6} textAnchor={age === oldest ? "end" : "middle"} {...text}>{age === oldest ? `${age} days` : age}</text>
          ))}
        </svg>
      </Box>
      <Text fontSize="sm">
        <Span color="#0072B2" aria-hidden>●</Span> cells that no longer changed · <Span color="#E69F00" aria-hidden>▌</Span> lookback
      </Text>
      <Box as="details" fontSize="sm">
        <summary>As a table</summary>
        <Table.Root size="sm" maxW="30rem">
          <Table.Header>
            <Table.Row>
              <Table.ColumnHeader textAlign="end">After days</Table.ColumnHeader>
              <Table.ColumnHeader textAlign="end">No longer changed</Table.ColumnHeader>
              <Table.ColumnHeader textAlign="end">Days</Table.ColumnHeader>
              <Table.ColumnHeader textAlign="end">Cells</Table.ColumnHeader>
            </Table.Row>
          </Table.Header>
          <Table.Body>
            {curve.points.map((point) => (
              <Table.Row key={point.age}>
                <Table.Cell textAlign="end">{point.age}</Table.Cell>
                <Table.Cell textAlign="end">{percent(point.percent / 100, { digits: 2 })}</Table.Cell>
                <Table.Cell textAlign="end">{units(point.days)}</Table.Cell>
                <Table.Cell textAlign="end">{units(point.cells)}</Table.Cell>
              </Table.Row>
            ))}
          </Table.Body>
        </Table.Root>
      </Box>
    </>
  );
};
