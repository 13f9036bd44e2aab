import type { ComponentType } from "react";

import Ads from "../pages/ads";
import Alerts from "../pages/alerts";
import Audit from "../pages/audit";
import Connections from "../pages/connections";
import Health from "../pages/health";
import Inventory from "../pages/inventory";
import Overview from "../pages/overview";
import Products from "../pages/products";
import Profit from "../pages/profit";
import Restock from "../pages/restock";
import Settings from "../pages/settings";
import Shipments from "../pages/shipments";

export interface Page {
  /** Its address is /plugin/hub/<slug>; what follows is the page's own. */
  slug: string;
  title: string;
  group: "Today" | "Money" | "Stock" | "Data" | "Owner";
  component: ComponentType;
  /** Whether only owners see it in the navigation. */
  ownerOnly?: boolean;
}

/** All pages in the order of the navigation. The first is shown at /plugin/hub. */
export const PAGES: Page[] = [
  { slug: "overview", title: "Overview", group: "Today", component: Overview },
  { slug: "alerts", title: "Alerts", group: "Today", component: Alerts },
  { slug: "profit", title: "Profit", group: "Money", component: Profit },
  { slug: "products", title: "Products", group: "Money", component: Products },
  { slug: "ads", title: "Ads", group: "Money", component: Ads },
  { slug: "restock", title: "Restock", group: "Stock", component: Restock },
  { slug: "inventory", title: "Inventory", group: "Stock", component: Inventory },
  { slug: "shipments", title: "Shipments", group: "Stock", component: Shipments },
  { slug: "health", title: "Data health", group: "Data", component: Health },
  { slug: "connections", title: "Connections", group: "Data", component: Connections },
  { slug: "settings", title: "Settings", group: "Owner", component: Settings, ownerOnly: true },
  { slug: "audit", title: "Audit log", group: "Owner", component: Audit, ownerOnly: true },
];
