SELECT to_regclass('amazon_ads.sp_campaigns') IS NOT NULL AS sp,
       to_regclass('amazon_ads.sb_campaigns') IS NOT NULL AS sb,
       to_regclass('amazon_ads.sd_campaigns') IS NOT NULL AS sd,
       to_regclass('amazon_ads.sp_advertised_products') IS NOT NULL AS sp_products,
       to_regclass('amazon_ads.sd_advertised_products') IS NOT NULL AS sd_products
