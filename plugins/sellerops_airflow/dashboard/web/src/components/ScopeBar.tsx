import { Box, Button, Field, HStack, Input, Menu, NativeSelect, Portal, Text } from "@chakra-ui/react";
import { useEffect, useId, useState } from "react";

import { marketplacesOf, useHubContext } from "../api/context";
import { addDays, daysBetween } from "../lib/days";
import { day } from "../lib/format";
import { COMPARISONS, CURRENCIES, LONGEST_DAYS, PERIODS, type Period } from "../lib/scope";
import { useScope } from "../lib/useScope";

/** `marketplace`: accounts and marketplaces. `all` is what pages of figures use. */
export type ScopeParts = "all" | readonly ("marketplace" | "period" | "compare" | "currency")[];

const ALL = ["marketplace", "period", "compare", "currency"] as const;

/** Choose what a page is about; the choice is in the URL. */
export const ScopeBar = ({ parts }: { parts: ScopeParts }) => {
  const shown = parts === "all" ? ALL : parts;
  const scope = useScope();
  const context = useHubContext().data;
  const [open, setOpen] = useState(false);
  const id = useId();
  const has = (part: (typeof ALL)[number]) => (shown as readonly string[]).includes(part);
  const marketplaces = context ? marketplacesOf(context, scope.accounts) : [];
  const names = [
    has("marketplace") && chosenText(scope.accounts, "All accounts"),
    has("marketplace") && chosenText(marketplaces.filter(({ id }) => scope.marketplaces.includes(id)).map(({ code }) => code), "all marketplaces"),
    has("period") && (scope.period === "custom" ? `${day(scope.start, "short")} – ${day(scope.end, "short")}` : PERIODS[scope.period]),
  ];
  return (
    <Box role="group" aria-label="Scope">
      <Button
        display={{ base: "flex", md: "none" }} w="full" h="auto" py={2} size="sm" variant="outline" fontWeight="normal" justifyContent="space-between"
        whiteSpace="normal" textAlign="start" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}
      >
        <span>{names.filter(Boolean).join(" · ")}</span>
        <span aria-hidden>{open ? "▴" : "▾"}</span>
      </Button>
      <HStack
        id={id} gap={2} flexWrap="wrap" align="end" display={{ base: open ? "flex" : "none", md: "flex" }} mt={{ base: 2, md: 0 }}
      >
        {has("marketplace") && (context?.accounts.length ?? 0) > 1 && (
          <Choices
            label="Account"
            all="All accounts"
            options={(context?.accounts ?? []).map((each) => ({ value: each.id, text: each.id }))}
            chosen={scope.accounts}
            choose={(accounts) => scope.set({ accounts })}
          />
        )}
        {has("marketplace") && (
          <Choices
            label="Marketplace"
            all="All marketplaces"
            options={marketplaces.map((marketplace) => ({ value: marketplace.id, text: `${marketplace.code} · ${marketplace.currency}` }))}
            chosen={scope.marketplaces}
            choose={(marketplaces) => scope.set({ marketplaces })}
          />
        )}
        {has("period") && <PeriodChoice />}
        {has("compare") && (
          <Select label="Compared with" value={scope.compare} options={COMPARISONS} choose={(compare) => scope.set({ compare })} />
        )}
        {has("currency") && (
          <Select label="Currency" value={scope.currency} options={CURRENCIES} choose={(currency) => scope.set({ currency })} />
        )}
      </HStack>
    </Box>
  );
};

const chosenText = (names: readonly string[], all: string) => (names.length === 0 ? all : names.join(", "));

const Label = ({ children }: { children: string }) => (
  <Field.Label fontSize="xs" color="fg.muted" mb={0}>
    {children}
  </Field.Label>
);

interface SelectProps<T extends string> {
  label: string;
  value: T;
  options: Record<T, string>;
  choose: (value: T) => void;
}

/** A labelled choice of one. */
export const Select = <T extends string>({ label, value, options, choose }: SelectProps<T>) => (
  <Field.Root width="auto" gap={0.5}>
    <Label>{label}</Label>
    <NativeSelect.Root size="sm" width="auto">
      <NativeSelect.Field value={value} onChange={(event) => choose(event.currentTarget.value as T)}>
        {(Object.entries(options) as [T, string][]).map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </NativeSelect.Field>
      <NativeSelect.Indicator />
    </NativeSelect.Root>
  </Field.Root>
);

interface ChoicesProps {
  label: string;
  all: string;
  options: { value: string; text: string }[];
  chosen: string[];
  choose: (values: string[]) => void;
}

/** A labelled choice of several; none chosen means all. */
export const Choices = ({ label, all, options, chosen, choose }: ChoicesProps) => {
  const names = options.filter(({ value }) => chosen.includes(value)).map(({ text }) => text);
  const text = chosen.length === 0 ? all : names.length === 1 ? names[0] : `${chosen.length} of ${options.length}`;
  const toggle = (value: string) => choose(chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value]);
  return (
    <Menu.Root closeOnSelect={false}>
      <div>
        <Text fontSize="xs" color="fg.muted" fontWeight="medium" mb={0.5} aria-hidden>
          {label}
        </Text>
        <Menu.Trigger asChild>
          <Button size="sm" variant="outline" fontWeight="normal" aria-label={`${label}: ${text}`}>
            {text} <span aria-hidden>▾</span>
          </Button>
        </Menu.Trigger>
      </div>
      <Portal>
        <Menu.Positioner>
          <Menu.Content maxH="60vh" overflowY="auto">
            <Menu.Item value="" onSelect={() => choose([])} disabled={chosen.length === 0}>
              {all}
            </Menu.Item>
            {options.map(({ value, text: name }) => (
              <Menu.CheckboxItem key={value} value={value} checked={chosen.includes(value)} onCheckedChange={() => toggle(value)}>
                {name}
                <Menu.ItemIndicator />
              </Menu.CheckboxItem>
            ))}
          </Menu.Content>
        </Menu.Positioner>
      </Portal>
    </Menu.Root>
  );
};

const PeriodChoice = () => {
  const { period, start, end, set } = useScope();
  const [days, setDays] = useState({ start, end });
  useEffect(() => setDays({ start, end }), [start, end]);
  const choose = (next: Period) => set(next === "custom" ? { period: next, start, end } : { period: next });
  const change = (part: Partial<typeof days>) => {
    const next = { ...days, ...part };
    setDays(next);
    const length = next.start && next.end ? daysBetween(next.start, next.end) : -1;
    if (length >= 0 && length < LONGEST_DAYS) set({ period: "custom", ...next });
  };
  return (
    <>
      <Select label="Period" value={period} options={PERIODS} choose={choose} />
      {period === "custom" ? (
        <HStack gap={2} align="end">
          <Field.Root width="auto" gap={0.5}>
            <Label>From</Label>
            <Input
              size="sm" type="date" value={days.start} min={addDays(days.end, 1 - LONGEST_DAYS)} max={days.end}
              onChange={(event) => change({ start: event.currentTarget.value })}
            />
          </Field.Root>
          <Field.Root width="auto" gap={0.5}>
            <Label>To</Label>
            <Input
              size="sm" type="date" value={days.end} min={days.start}
              onChange={(event) => change({ end: event.currentTarget.value })}
            />
          </Field.Root>
        </HStack>
      ) : (
        <Text fontSize="sm" color="fg.muted" pb={2}>
          {start === end ? day(start, "weekday") : `${day(start, "short")} – ${day(end, "short")}`}
        </Text>
      )}
    </>
  );
};
