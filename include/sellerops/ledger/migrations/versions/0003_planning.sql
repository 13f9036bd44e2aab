-- What the planner and the cooldowns learn, and how often a report was used again.
SELECT 1;
