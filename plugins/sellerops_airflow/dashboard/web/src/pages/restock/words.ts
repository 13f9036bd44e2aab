/** The words of marts `restock` and `forecast` for people. */
import type { Answer, Tone } from "../../components";

export type Proposal = Answer<"/api/restock/proposals">["rows"][number];
export interface Place {
  account_id: string;
  marketplace_id: string;
  sku: string;
}

export const ORDER_STATUS: Record<string, { text: string; tone: Tone }> = {
  order_now: { text: "Order now", tone: "bad" },
  soon: { text: "Within a week", tone: "warning" },
  ok: { text: "Enough", tone: "good" },
  overstock: { text: "Too much", tone: "info" },
  unknown: { text: "Unknown", tone: "quiet" },
};

export const REASONS: Record<string, string> = {
  min_cover: "raised to the minimum cover",
  max_cover: "cut to the maximum cover",
  case_pack: "rounded to whole cartons",
  moq: "raised to the supplier's minimum",
  price_break: "raised to get a lower price",
  capacity: "cut to Amazon's capacity",
  override: "set by a person",
};

export const MASKS: Record<string, string> = {
  stock_out: "out of stock",
  partial: "in stock for part of the day",
  suppressed: "listing suppressed",
  buy_box: "without the buy box",
};

export const CLASSES: Record<string, string> = {
  regular: "Regular",
  intermittent: "Intermittent",
  short: "Short history",
  new: "New",
};

export const MODELS: Record<string, string> = {
  quantile_trees: "Quantile trees",
  in_stock_mean: "In-stock mean",
  seasonal_naive: "Seasonal naive",
  croston_sba: "Croston-SBA",
  tsb: "TSB",
  group_profile: "Profile of its group",
  amazon: "Amazon's figure",
  none: "None",
};

/** Columns of a forecast that may differ from the one before. */
export const FIGURES: Record<string, string> = {
  p50: "Median demand over the horizon",
  p90: "P90 over the horizon",
  daily_units: "Units per day",
  demand_class: "Class",
  model: "Model",
  horizon_days: "Horizon in days",
  lead_time_days: "Lead time in days",
  review_days: "Days between orders",
  wape: "Error in the back-test (WAPE)",
  masked_days: "Masked days in the last 91",
  event_days: "Event days in the last 91",
  data_quality: "Share of complete days",
  seasonality: "Seasonality from",
  drift: "Drift",
  status: "Status",
};

export const reasonsText = (words: readonly string[]) => words.map((word) => REASONS[word] ?? word).join(", ");

/** Where the units of a position are, in the order in which they can be sold. */
export const PARTS = [
  ["available", "Available at Amazon"],
  ["fc_transfer", "Between Amazon's warehouses"],
  ["fc_processing", "Being processed"],
  ["inbound_receiving", "Being received"],
  ["inbound_shipped", "On the way to Amazon"],
  ["inbound_working", "In shipments being prepared"],
  ["awd_available", "In AWD"],
  ["awd_reserved", "Leaving AWD"],
  ["awd_inbound", "On the way to AWD"],
  ["own_warehouse", "In your warehouse"],
  ["open_orders", "Ordered from the supplier"],
] as const;

export const skuPath = ({ account_id, marketplace_id, sku }: Place) =>
  `restock/${[account_id, marketplace_id, sku].map(encodeURIComponent).join("/")}`;

export const keyOf = ({ account_id, marketplace_id, sku }: Place) => `${account_id}|${marketplace_id}|${sku}`;
