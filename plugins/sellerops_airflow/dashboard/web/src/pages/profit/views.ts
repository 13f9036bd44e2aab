/** Whether amounts are on the day of the order, or on the day Amazon posted them. */
export type View = "order" | "payment";
