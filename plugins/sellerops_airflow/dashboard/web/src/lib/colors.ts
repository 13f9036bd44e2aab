/** Colours of series (Okabe and Ito), told apart by people with any colour vision; all read on light and dark. */
export const SERIES = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"] as const;
export const seriesColor = (index: number) => SERIES[index % SERIES.length] as string;
