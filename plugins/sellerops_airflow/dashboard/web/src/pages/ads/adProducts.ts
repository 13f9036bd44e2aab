/** Ad products as Amazon calls them. */
export const AD_PRODUCTS: Record<string, string> = { SP: "Sponsored Products", SB: "Sponsored Brands", SD: "Sponsored Display" };
export const adProductName = (code: string) => AD_PRODUCTS[code] ?? code;
