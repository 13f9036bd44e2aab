SELECT array(SELECT DISTINCT user_name FROM sellerops.audit_entry ORDER BY 1) AS users,
       array(SELECT DISTINCT action FROM sellerops.audit_entry ORDER BY 1) AS actions
