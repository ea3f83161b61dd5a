-- The status is derived from now on, and this is what it is derived from.
UPDATE "image" SET "deactivated" = true WHERE "status" = 'deactivated';
