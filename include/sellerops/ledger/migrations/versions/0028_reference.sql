CREATE SCHEMA IF NOT EXISTS sellerops_reference;
COMMENT ON SCHEMA sellerops_reference IS 'Facts that people or files of config give, and rates and days computed from them.';

CREATE TABLE sellerops_reference.product_mapping (
    account_id     text NOT NULL,
    sku            text NOT NULL,
    own_id         text,
    asin           text,
    fnsku          text,
    title          text,
    brand          text,
    size_tier      text,
    product_group  text,
    note           text,
    PRIMARY KEY (account_id, sku)
);
COMMENT ON TABLE sellerops_reference.product_mapping IS 'What you say about a SKU; it takes precedence over what Amazon''s reports say.';
COMMENT ON COLUMN sellerops_reference.product_mapping.account_id IS 'Account of config/accounts.yaml.';
COMMENT ON COLUMN sellerops_reference.product_mapping.sku IS 'Your SKU, spelled as at Amazon.';
COMMENT ON COLUMN sellerops_reference.product_mapping.own_id IS 'Your own product number. SKUs that share it are one product.';
COMMENT ON COLUMN sellerops_reference.product_mapping.asin IS 'Corrects the ASIN.';
COMMENT ON COLUMN sellerops_reference.product_mapping.fnsku IS 'Corrects the FNSKU.';
COMMENT ON COLUMN sellerops_reference.product_mapping.title IS 'Your name of the product.';
COMMENT ON COLUMN sellerops_reference.product_mapping.brand IS 'Corrects the brand.';
COMMENT ON COLUMN sellerops_reference.product_mapping.size_tier IS 'Corrects the size tier.';
COMMENT ON COLUMN sellerops_reference.product_mapping.product_group IS 'Your group of similar products, for forecasts of new ones.';
COMMENT ON COLUMN sellerops_reference.product_mapping.note IS 'Your remark.';

CREATE TABLE sellerops_reference.cost (
    account_id      text NOT NULL,
    marketplace_id  text NOT NULL DEFAULT '',
    sku             text NOT NULL,
    valid_from      date NOT NULL,
    valid_to        date NOT NULL DEFAULT '9999-12-31',
    manufacturing   numeric NOT NULL,
    freight         numeric,
    duty            numeric,
    prep            numeric,
    other           numeric,
    currency        text NOT NULL,
    note            text,
    PRIMARY KEY (account_id, marketplace_id, sku, valid_from)
);
COMMENT ON TABLE sellerops_reference.cost IS 'What one unit costs you. Marts that read it declare `{since: valid_from, marketplace: false}`.';
COMMENT ON COLUMN sellerops_reference.cost.account_id IS 'Account of config/accounts.yaml.';
COMMENT ON COLUMN sellerops_reference.cost.marketplace_id IS 'Amazon''s id of the marketplace; empty: all that have no row of their own. Files may say US.';
COMMENT ON COLUMN sellerops_reference.cost.sku IS 'Your SKU, spelled as at Amazon.';
COMMENT ON COLUMN sellerops_reference.cost.valid_from IS 'First day on which the row holds.';
COMMENT ON COLUMN sellerops_reference.cost.valid_to IS 'Last day on which the row holds; 9999-12-31: until another replaces it.';
COMMENT ON COLUMN sellerops_reference.cost.manufacturing IS 'Purchase price of a unit; Amazon reimburses lost units at it.';
COMMENT ON COLUMN sellerops_reference.cost.freight IS 'Freight of a unit to Amazon''s warehouse. Empty: unknown or included, counts as 0.';
COMMENT ON COLUMN sellerops_reference.cost.duty IS 'Import duty of a unit.';
COMMENT ON COLUMN sellerops_reference.cost.prep IS 'Labelling and packing of a unit.';
COMMENT ON COLUMN sellerops_reference.cost.other IS 'Any other cost of a unit.';
COMMENT ON COLUMN sellerops_reference.cost.currency IS 'Currency of the amounts, an ISO code such as EUR.';
COMMENT ON COLUMN sellerops_reference.cost.note IS 'Your remark.';

CREATE TABLE sellerops_reference.supplier (
    account_id              text NOT NULL,
    supplier                text NOT NULL DEFAULT '',
    sku                     text NOT NULL DEFAULT '',
    route                   text NOT NULL DEFAULT '',
    priority                bigint NOT NULL DEFAULT 1,
    production_days         numeric,
    production_sd_days      numeric,
    transit_days            numeric,
    transit_sd_days         numeric,
    review_days             numeric,
    minimum_order_quantity  bigint,
    case_pack               bigint,
    carton_length_cm        numeric,
    carton_width_cm         numeric,
    carton_height_cm        numeric,
    carton_weight_kg        numeric,
    freight_per_unit        numeric,
    currency                text,
    deposit_percent         numeric,
    balance_days            numeric,
    note                    text,
    PRIMARY KEY (account_id, supplier, sku, route)
);
COMMENT ON TABLE sellerops_reference.supplier IS 'How a SKU is bought. A row without SKU is the default of its supplier, one without both of the account.';
COMMENT ON COLUMN sellerops_reference.supplier.account_id IS 'Account of config/accounts.yaml.';
COMMENT ON COLUMN sellerops_reference.supplier.supplier IS 'Your name of the supplier; empty: any.';
COMMENT ON COLUMN sellerops_reference.supplier.sku IS 'Your SKU; empty: every SKU of the supplier.';
COMMENT ON COLUMN sellerops_reference.supplier.route IS 'Your name of the way of transport, such as sea or air.';
COMMENT ON COLUMN sellerops_reference.supplier.priority IS '1: the usual way to buy; 2, 3: alternatives.';
COMMENT ON COLUMN sellerops_reference.supplier.production_days IS 'Days from the order until the goods leave the supplier.';
COMMENT ON COLUMN sellerops_reference.supplier.production_sd_days IS 'Standard deviation of that.';
COMMENT ON COLUMN sellerops_reference.supplier.transit_days IS 'Days from the supplier until the goods reach Amazon''s warehouse.';
COMMENT ON COLUMN sellerops_reference.supplier.transit_sd_days IS 'Standard deviation of that.';
COMMENT ON COLUMN sellerops_reference.supplier.review_days IS 'Days between two orders.';
COMMENT ON COLUMN sellerops_reference.supplier.minimum_order_quantity IS 'Fewest units of a SKU that the supplier sells.';
COMMENT ON COLUMN sellerops_reference.supplier.case_pack IS 'Units in a carton; orders are whole cartons.';
COMMENT ON COLUMN sellerops_reference.supplier.carton_length_cm IS 'Length of a carton.';
COMMENT ON COLUMN sellerops_reference.supplier.carton_width_cm IS 'Width of a carton.';
COMMENT ON COLUMN sellerops_reference.supplier.carton_height_cm IS 'Height of a carton.';
COMMENT ON COLUMN sellerops_reference.supplier.carton_weight_kg IS 'Weight of a full carton.';
COMMENT ON COLUMN sellerops_reference.supplier.freight_per_unit IS 'Freight of a unit on this route.';
COMMENT ON COLUMN sellerops_reference.supplier.currency IS 'Currency of freight_per_unit, an ISO code such as USD.';
COMMENT ON COLUMN sellerops_reference.supplier.deposit_percent IS 'Percentage of an order''s value paid when it is placed.';
COMMENT ON COLUMN sellerops_reference.supplier.balance_days IS 'Days from the order until the rest is paid.';
COMMENT ON COLUMN sellerops_reference.supplier.note IS 'Your remark.';

CREATE TABLE sellerops_reference.price_break (
    account_id        text NOT NULL,
    supplier          text NOT NULL DEFAULT '',
    sku               text NOT NULL,
    minimum_quantity  bigint NOT NULL,
    unit_price        numeric NOT NULL,
    currency          text NOT NULL,
    PRIMARY KEY (account_id, supplier, sku, minimum_quantity)
);
COMMENT ON TABLE sellerops_reference.price_break IS 'Unit prices of a supplier by quantity. Without a row, a unit costs `manufacturing` of table cost.';
COMMENT ON COLUMN sellerops_reference.price_break.account_id IS 'Account of config/accounts.yaml.';
COMMENT ON COLUMN sellerops_reference.price_break.supplier IS 'Your name of the supplier; empty: any.';
COMMENT ON COLUMN sellerops_reference.price_break.sku IS 'Your SKU, spelled as at Amazon.';
COMMENT ON COLUMN sellerops_reference.price_break.minimum_quantity IS 'Fewest units at this price.';
COMMENT ON COLUMN sellerops_reference.price_break.unit_price IS 'Price of a unit.';
COMMENT ON COLUMN sellerops_reference.price_break.currency IS 'Currency of the amounts, an ISO code such as EUR.';

CREATE TABLE sellerops_reference.stock_elsewhere (
    account_id     text NOT NULL,
    sku            text NOT NULL,
    kind           text NOT NULL,
    reference      text NOT NULL DEFAULT '',
    valid_from     date NOT NULL,
    valid_to       date NOT NULL DEFAULT '9999-12-31',
    quantity       bigint NOT NULL,
    expected_date  date,
    supplier       text,
    note           text,
    PRIMARY KEY (account_id, sku, kind, reference, valid_from)
);
COMMENT ON TABLE sellerops_reference.stock_elsewhere IS 'Units that Amazon does not know of: in your warehouses and in open purchase orders.';
COMMENT ON COLUMN sellerops_reference.stock_elsewhere.account_id IS 'Account of config/accounts.yaml.';
COMMENT ON COLUMN sellerops_reference.stock_elsewhere.sku IS 'Your SKU, spelled as at Amazon.';
COMMENT ON COLUMN sellerops_reference.stock_elsewhere.kind IS 'Where the units are.';
COMMENT ON COLUMN sellerops_reference.stock_elsewhere.reference IS 'Name of the warehouse or number of the order.';
COMMENT ON COLUMN sellerops_reference.stock_elsewhere.valid_from IS 'Day of the count, or first day of the order.';
COMMENT ON COLUMN sellerops_reference.stock_elsewhere.valid_to IS 'Last day on which the row holds; 9999-12-31: until another replaces it.';
COMMENT ON COLUMN sellerops_reference.stock_elsewhere.quantity IS 'Units; of an order: not yet received.';
COMMENT ON COLUMN sellerops_reference.stock_elsewhere.expected_date IS 'Day on which an order reaches Amazon; of a warehouse: empty, can be sent today.';
COMMENT ON COLUMN sellerops_reference.stock_elsewhere.supplier IS 'Your name of the supplier.';
COMMENT ON COLUMN sellerops_reference.stock_elsewhere.note IS 'Your remark.';

CREATE TABLE sellerops_reference.fx_given (
    day            date NOT NULL,
    from_currency  text NOT NULL,
    to_currency    text NOT NULL,
    rate           numeric NOT NULL,
    note           text,
    PRIMARY KEY (day, from_currency, to_currency)
);
COMMENT ON TABLE sellerops_reference.fx_given IS 'Exchange rates that you give; they take precedence over the European Central Bank''s.';
COMMENT ON COLUMN sellerops_reference.fx_given.day IS 'First day of the rate; it holds up to 30 days if no later one is given.';
COMMENT ON COLUMN sellerops_reference.fx_given.from_currency IS 'ISO code of the currency to convert.';
COMMENT ON COLUMN sellerops_reference.fx_given.to_currency IS 'ISO code of the currency of the result.';
COMMENT ON COLUMN sellerops_reference.fx_given.rate IS 'One unit of from_currency in to_currency.';
COMMENT ON COLUMN sellerops_reference.fx_given.note IS 'Your remark.';

CREATE TABLE sellerops_reference.account_setting (
    account_id          text NOT NULL,
    vat_on_fees         text NOT NULL DEFAULT 'UNKNOWN',
    ads_paid_by         text NOT NULL DEFAULT 'balance',
    reporting_currency  text NOT NULL DEFAULT 'EUR',
    sb_attribution      text NOT NULL DEFAULT 'purchases',
    refund_day          text NOT NULL DEFAULT 'refund',
    service_level       numeric NOT NULL DEFAULT 0.95,
    margin_floor        numeric NOT NULL DEFAULT 0.1,
    order_budget        numeric,
    PRIMARY KEY (account_id)
);
COMMENT ON TABLE sellerops_reference.account_setting IS 'Choices per account that change how profit is computed: config/account_settings.yaml. One row for each account of config/accounts.yaml.';
COMMENT ON COLUMN sellerops_reference.account_setting.account_id IS 'Account of config/accounts.yaml.';
COMMENT ON COLUMN sellerops_reference.account_setting.vat_on_fees IS 'Whether you recover VAT on Amazon''s fees; if not, it is a cost. UNKNOWN: profit is incomplete.';
COMMENT ON COLUMN sellerops_reference.account_setting.ads_paid_by IS 'How advertising is paid: from the balance or by card.';
COMMENT ON COLUMN sellerops_reference.account_setting.reporting_currency IS 'Currency of columns `*_reporting`.';
COMMENT ON COLUMN sellerops_reference.account_setting.sb_attribution IS 'How spend of Sponsored Brands is spread over SKUs: by purchased products, evenly over the ad''s products, or not at all.';
COMMENT ON COLUMN sellerops_reference.account_setting.refund_day IS 'Day on which the order view shows a refund: that of the refund or of the order.';
COMMENT ON COLUMN sellerops_reference.account_setting.service_level IS 'Probability of not running out between two orders, 0 to 1.';
COMMENT ON COLUMN sellerops_reference.account_setting.margin_floor IS 'Lowest acceptable CM2 as a share of revenue, 0 to 1.';
COMMENT ON COLUMN sellerops_reference.account_setting.order_budget IS 'Money available for orders, in the reporting currency; empty: no limit.';

CREATE TABLE sellerops_reference.fee_rule (
    rule            text NOT NULL,
    marketplace_id  text NOT NULL,
    category        text NOT NULL DEFAULT '',
    size_tier       text NOT NULL DEFAULT '',
    measure         text NOT NULL DEFAULT '',
    lower           numeric,
    upper           numeric,
    first_month     bigint NOT NULL DEFAULT 1,
    last_month      bigint NOT NULL DEFAULT 12,
    amount          numeric NOT NULL,
    unit            text NOT NULL,
    currency        text NOT NULL DEFAULT '',
    valid_from      date NOT NULL,
    valid_to        date NOT NULL DEFAULT '9999-12-31',
    source          text NOT NULL,
    note            text,
    UNIQUE NULLS NOT DISTINCT (rule, marketplace_id, category, size_tier, measure, lower, upper, first_month, last_month, valid_from)
);
COMMENT ON TABLE sellerops_reference.fee_rule IS 'Amazon''s published rates and limits with the days on which they hold: config/fee_rules.csv.';
COMMENT ON COLUMN sellerops_reference.fee_rule.rule IS 'Name of the fee or limit.';
COMMENT ON COLUMN sellerops_reference.fee_rule.marketplace_id IS 'Amazon''s id of the marketplace (file: a code).';
COMMENT ON COLUMN sellerops_reference.fee_rule.category IS 'Category of products; empty: all.';
COMMENT ON COLUMN sellerops_reference.fee_rule.size_tier IS 'Size tier; empty: all.';
COMMENT ON COLUMN sellerops_reference.fee_rule.measure IS 'What `lower` and `upper` limit, such as price or age_days.';
COMMENT ON COLUMN sellerops_reference.fee_rule.lower IS 'The rule applies from this value on; empty: no limit.';
COMMENT ON COLUMN sellerops_reference.fee_rule.upper IS 'and below this value; empty: no limit.';
COMMENT ON COLUMN sellerops_reference.fee_rule.first_month IS 'First month of a season, 1 to 12.';
COMMENT ON COLUMN sellerops_reference.fee_rule.last_month IS 'Last month of a season.';
COMMENT ON COLUMN sellerops_reference.fee_rule.amount IS 'The rate or limit.';
COMMENT ON COLUMN sellerops_reference.fee_rule.unit IS 'What `amount` is, such as per_unit or percent_of_fulfilment.';
COMMENT ON COLUMN sellerops_reference.fee_rule.currency IS 'Currency of amounts of money; else empty.';
COMMENT ON COLUMN sellerops_reference.fee_rule.valid_from IS 'First day.';
COMMENT ON COLUMN sellerops_reference.fee_rule.valid_to IS 'Last day; 9999-12-31: no end announced.';
COMMENT ON COLUMN sellerops_reference.fee_rule.source IS 'Where the figure was published.';
COMMENT ON COLUMN sellerops_reference.fee_rule.note IS 'What to know about it.';

CREATE TABLE sellerops_reference.calendar_event (
    day             date NOT NULL,
    marketplace_id  text NOT NULL,
    event           text NOT NULL,
    kind            text NOT NULL,
    source          text NOT NULL,
    PRIMARY KEY (day, marketplace_id, event)
);
COMMENT ON TABLE sellerops_reference.calendar_event IS 'Days with unusual demand or fees, a row for each day: config/calendar_events.csv.';
COMMENT ON COLUMN sellerops_reference.calendar_event.day IS 'The day, in the marketplace''s time zone.';
COMMENT ON COLUMN sellerops_reference.calendar_event.marketplace_id IS 'Amazon''s id of the marketplace.';
COMMENT ON COLUMN sellerops_reference.calendar_event.event IS 'Name of the event, such as prime_day.';
COMMENT ON COLUMN sellerops_reference.calendar_event.kind IS 'What it changes.';
COMMENT ON COLUMN sellerops_reference.calendar_event.source IS 'Where its days were published.';

CREATE TABLE sellerops_reference.settlement_rule (
    transaction_type    text NOT NULL,
    amount_type         text NOT NULL,
    amount_description  text NOT NULL,
    sign                text NOT NULL DEFAULT '',
    pl_line             text NOT NULL,
    level               text NOT NULL,
    seen                text NOT NULL DEFAULT '',
    note                text,
    PRIMARY KEY (transaction_type, amount_type, amount_description, sign)
);
COMMENT ON TABLE sellerops_reference.settlement_rule IS 'Which P&L line a line of a settlement belongs to: config/settlement_rules.csv.';
COMMENT ON COLUMN sellerops_reference.settlement_rule.transaction_type IS 'Amazon''s text in any case; `*` at its end or beginning: any letters; (blank): empty.';
COMMENT ON COLUMN sellerops_reference.settlement_rule.amount_type IS 'Amazon''s text in any case; `*` at its end or beginning: any letters; (blank): empty.';
COMMENT ON COLUMN sellerops_reference.settlement_rule.amount_description IS 'Amazon''s text in any case; `*` at its end or beginning: any letters; (blank): empty.';
COMMENT ON COLUMN sellerops_reference.settlement_rule.sign IS 'The rule applies to amounts of this sign only; empty: any.';
COMMENT ON COLUMN sellerops_reference.settlement_rule.pl_line IS 'P&L line; of level AS: whose rules apply, as in `as Refund`.';
COMMENT ON COLUMN sellerops_reference.settlement_rule.level IS 'Level of the P&L line; AS: lines of this type are read like those of another.';
COMMENT ON COLUMN sellerops_reference.settlement_rule.seen IS 'Where the pattern is known from.';
COMMENT ON COLUMN sellerops_reference.settlement_rule.note IS 'What to know about it.';

CREATE TABLE sellerops_reference.finance_rule (
    transaction_type  text NOT NULL,
    breakdown_type    text NOT NULL,
    sign              text NOT NULL DEFAULT '',
    pl_line           text NOT NULL,
    level             text NOT NULL,
    seen              text NOT NULL DEFAULT '',
    note              text,
    PRIMARY KEY (transaction_type, breakdown_type, sign)
);
COMMENT ON TABLE sellerops_reference.finance_rule IS 'Which P&L line a leaf of a transaction''s breakdown belongs to: config/finance_rules.csv.';
COMMENT ON COLUMN sellerops_reference.finance_rule.transaction_type IS 'Amazon''s type; `*`: any.';
COMMENT ON COLUMN sellerops_reference.finance_rule.breakdown_type IS 'Type of the leaf; `*` at its end: any letters.';
COMMENT ON COLUMN sellerops_reference.finance_rule.sign IS 'The rule applies to amounts of this sign only; empty: any.';
COMMENT ON COLUMN sellerops_reference.finance_rule.pl_line IS 'P&L line.';
COMMENT ON COLUMN sellerops_reference.finance_rule.level IS 'Level of the P&L line.';
COMMENT ON COLUMN sellerops_reference.finance_rule.seen IS 'Where the leaf is known from.';
COMMENT ON COLUMN sellerops_reference.finance_rule.note IS 'What to know about it.';

CREATE TABLE sellerops_reference.fx_rate (
    day            date NOT NULL,
    from_currency  text NOT NULL,
    to_currency    text NOT NULL,
    rate           numeric NOT NULL,
    source         text NOT NULL,
    age_days       bigint NOT NULL,
    PRIMARY KEY (day, from_currency, to_currency)
);
COMMENT ON TABLE sellerops_reference.fx_rate IS 'A rate for each day and pair of used currencies, a currency and itself included. No row: no rate of the last 30 days is known. Marts that read it declare `{day: day, account: false, marketplace: false}`.';
COMMENT ON COLUMN sellerops_reference.fx_rate.day IS 'Day to convert at.';
COMMENT ON COLUMN sellerops_reference.fx_rate.from_currency IS 'ISO code of the currency to convert.';
COMMENT ON COLUMN sellerops_reference.fx_rate.to_currency IS 'ISO code of the currency of the result.';
COMMENT ON COLUMN sellerops_reference.fx_rate.rate IS 'One unit of from_currency in to_currency.';
COMMENT ON COLUMN sellerops_reference.fx_rate.source IS '`ecb`, `peg`, `given`, or `same` of a currency and itself.';
COMMENT ON COLUMN sellerops_reference.fx_rate.age_days IS 'Days since the rate was published; weekends use Friday''s.';

CREATE TABLE sellerops_reference.fx_published (
    day         date NOT NULL,
    currency    text NOT NULL,
    per_euro    numeric NOT NULL,
    fetched_at  timestamptz NOT NULL,
    PRIMARY KEY (day, currency)
);
COMMENT ON TABLE sellerops_reference.fx_published IS 'Rates as the European Central Bank published them (it permits free reuse, naming it as the source).';
COMMENT ON COLUMN sellerops_reference.fx_published.day IS 'Day of publication.';
COMMENT ON COLUMN sellerops_reference.fx_published.currency IS 'ISO code.';
COMMENT ON COLUMN sellerops_reference.fx_published.per_euro IS 'Units of the currency for one euro.';
COMMENT ON COLUMN sellerops_reference.fx_published.fetched_at IS 'When sellerops read it (UTC).';

CREATE TABLE sellerops_reference.calendar (
    day                     date NOT NULL,
    week_monday             date NOT NULL,
    week_sunday             date NOT NULL,
    month_first             date NOT NULL,
    quarter_first           date NOT NULL,
    year                    bigint NOT NULL,
    month                   bigint NOT NULL,
    quarter                 bigint NOT NULL,
    weekday                 bigint NOT NULL,
    iso_year                bigint NOT NULL,
    iso_week                bigint NOT NULL,
    same_weekday_last_year  date NOT NULL,
    day_number              bigint NOT NULL,
    PRIMARY KEY (day)
);
COMMENT ON TABLE sellerops_reference.calendar IS 'Every day from 2020 to two years ahead. Marts that read it declare `{day: day, account: false, marketplace: false}`.';
COMMENT ON COLUMN sellerops_reference.calendar.day IS 'The day.';
COMMENT ON COLUMN sellerops_reference.calendar.week_monday IS 'Monday of its week.';
COMMENT ON COLUMN sellerops_reference.calendar.week_sunday IS 'Sunday that begins its week, as Amazon''s weekly reports count.';
COMMENT ON COLUMN sellerops_reference.calendar.month_first IS 'First day of its month.';
COMMENT ON COLUMN sellerops_reference.calendar.quarter_first IS 'First day of its quarter.';
COMMENT ON COLUMN sellerops_reference.calendar.year IS 'Year.';
COMMENT ON COLUMN sellerops_reference.calendar.month IS 'Month, 1 to 12.';
COMMENT ON COLUMN sellerops_reference.calendar.quarter IS 'Quarter, 1 to 4.';
COMMENT ON COLUMN sellerops_reference.calendar.weekday IS '1: Monday, 7: Sunday.';
COMMENT ON COLUMN sellerops_reference.calendar.iso_year IS 'Year of its ISO week.';
COMMENT ON COLUMN sellerops_reference.calendar.iso_week IS 'ISO week, 1 to 53.';
COMMENT ON COLUMN sellerops_reference.calendar.same_weekday_last_year IS 'The day 52 weeks before.';
COMMENT ON COLUMN sellerops_reference.calendar.day_number IS 'Days since 1970-01-01: subtract two of them to count days.';

CREATE TABLE sellerops_reference.economics_rule (
    fee_type_name  text NOT NULL,
    pl_line        text NOT NULL,
    seen           text NOT NULL DEFAULT '',
    note           text,
    PRIMARY KEY (fee_type_name)
);
COMMENT ON TABLE sellerops_reference.economics_rule IS 'Which P&L line a fee of Data Kiosk economics belongs to: config/economics_rules.csv.';
COMMENT ON COLUMN sellerops_reference.economics_rule.fee_type_name IS 'Amazon''s name of the fee.';
COMMENT ON COLUMN sellerops_reference.economics_rule.pl_line IS 'P&L line.';
COMMENT ON COLUMN sellerops_reference.economics_rule.seen IS 'Where the name is known from.';
COMMENT ON COLUMN sellerops_reference.economics_rule.note IS 'What to know about it.';

CREATE TABLE sellerops_reference.stock_pool (
    marketplace_id  text NOT NULL,
    stock_pool      text NOT NULL,
    PRIMARY KEY (marketplace_id)
);
COMMENT ON TABLE sellerops_reference.stock_pool IS 'Marketplaces that sell from one stock: `stock_pools` of config/marketplaces.yaml.';
COMMENT ON COLUMN sellerops_reference.stock_pool.marketplace_id IS 'Amazon''s id of the marketplace.';
COMMENT ON COLUMN sellerops_reference.stock_pool.stock_pool IS 'Name of the pool.';

CREATE TABLE sellerops.reference_digest (
    table_name         text PRIMARY KEY,
    digest             text NOT NULL,
    noted_at           timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.reference_digest IS 'What each reference table was last filled from, so that an unchanged file is not read again.';

CREATE TABLE sellerops.reference_edit (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name         text NOT NULL,
    account_id         text NOT NULL,
    first_day          date,
    last_day           date,
    added              bigint NOT NULL,
    changed            bigint NOT NULL,
    removed            bigint NOT NULL,
    source             text NOT NULL,
    edited_by          text NOT NULL DEFAULT '',
    edited_at          timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.reference_edit IS 'Every change of a reference table: how many rows, by whom, from which file, and from which day on they apply.';
COMMENT ON COLUMN sellerops.reference_edit.account_id IS 'Empty: all accounts.';
CREATE INDEX reference_edit_by_table ON sellerops.reference_edit (table_name, id DESC);
