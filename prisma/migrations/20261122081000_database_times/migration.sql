-- Defaults of Prisma's own now() are told by the process that inserts, whose clock may be minutes off. These are told by the
-- database, a statement at a time, so that rows of one transaction keep their order.

ALTER TABLE "domain" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "user" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "session" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "session" ALTER COLUMN "last_seen_at" SET DEFAULT statement_timestamp();
ALTER TABLE "project" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "role_assignment" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "system_role_assignment" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "flavor" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "image" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "key_pair" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "instance" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "instance" ALTER COLUMN "updated_at" SET DEFAULT statement_timestamp();
ALTER TABLE "guest" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "left_guest" ALTER COLUMN "left_at" SET DEFAULT statement_timestamp();
ALTER TABLE "hypervisor" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "host_aggregate" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "orphan_order" ALTER COLUMN "requested_at" SET DEFAULT statement_timestamp();
ALTER TABLE "join_token" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "certificate" ALTER COLUMN "requested_at" SET DEFAULT statement_timestamp();
ALTER TABLE "resource_id" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "operation" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "event" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
ALTER TABLE "console_session" ALTER COLUMN "created_at" SET DEFAULT statement_timestamp();
