-- Amazon Ads: columns that were refused.

SELECT 1;
