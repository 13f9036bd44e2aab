-- Notices on their way to people, the threads they belong to and the faults they tell of.

SELECT 1;
