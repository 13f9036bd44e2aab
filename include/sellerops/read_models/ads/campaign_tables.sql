SELECT to_regclass('amazon_ads.sp_campaigns') IS NOT NULL AS sp,
       to_regclass('amazon_ads.sb_campaigns') IS NOT NULL AS sb,
       to_regclass('amazon_ads.sd_campaigns') IS NOT NULL AS sd
