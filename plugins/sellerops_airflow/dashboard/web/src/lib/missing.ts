/** The words of column `missing` for people: what is absent, and where it is put right. */

interface Explained {
  text: string;
  /** A page of the hub that helps. */
  page?: string;
}

const WORDS: Record<string, Explained> = {
  ads: { text: "Advertising costs", page: "health" },
  allocation: { text: "Products of some ads", page: "ads" },
  campaign_report: { text: "Campaign report", page: "health" },
  cost: { text: "Product costs", page: "products" },
  day: { text: "Figures for this day", page: "health" },
  days: { text: "Figures for the last days", page: "health" },
  economics: { text: "Fees reported by Data Kiosk", page: "health" },
  expected_date: { text: "Arrival dates of shipments", page: "shipments" },
  fee_rule: { text: "Fee rates for their size tiers" },
  fees: { text: "Amazon's fees", page: "health" },
  fx_rate: { text: "Exchange rates", page: "settings" },
  forecast: { text: "Forecasts", page: "restock" },
  history: { text: "History (fewer than six back-tests)" },
  items: { text: "Contents of shipments", page: "shipments" },
  ledger: { text: "Inventory ledger (one to two days late)", page: "health" },
  margin: { text: "Margins", page: "profit" },
  mapping: { text: "Products without a match", page: "health" },
  orders: { text: "Orders (the rest of a day is collected the next day)", page: "health" },
  price: { text: "Prices of pending orders" },
  rate: { text: "Fee rates", page: "health" },
  sales: { text: "Sales", page: "health" },
  sales_and_traffic: { text: "Sales and Traffic report", page: "health" },
  settlement: { text: "Settlement", page: "health" },
  snapshot: { text: "Stock snapshot", page: "health" },
  stock: { text: "Stock figures", page: "health" },
  storage: { text: "Storage fees (billed next month)" },
  supplier: { text: "Suppliers and lead times" },
  threshold: { text: "Return-rate threshold" },
  unmapped: { text: "Amounts without a P&L line", page: "profit" },
  vat_setting: { text: "Setting: is VAT on fees recoverable?", page: "settings" },
};

export const explainMissing = (word: string): Explained =>
  WORDS[word] ?? { text: word.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase()) };
