-- CreateTable
CREATE TABLE "guest_meter" (
    "guest_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "run" UUID NOT NULL,
    "clock_ms" DOUBLE PRECISION NOT NULL,
    "sample" JSONB NOT NULL,

    CONSTRAINT "guest_meter_pkey" PRIMARY KEY ("guest_id")
);

-- CreateTable
CREATE TABLE "metric_10s" (
    "instance_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "slot" SMALLINT NOT NULL,
    "seconds" REAL NOT NULL,
    "cpu_ms" INTEGER NOT NULL,
    "resident_mib" INTEGER,
    "used_mib" INTEGER,
    "read_bytes" BIGINT NOT NULL,
    "written_bytes" BIGINT NOT NULL,
    "in_bytes" BIGINT NOT NULL,
    "out_bytes" BIGINT NOT NULL,
    "devices" JSONB NOT NULL,

    CONSTRAINT "metric_10s_pkey" PRIMARY KEY ("instance_id","at","slot")
) PARTITION BY LIST ("slot");
CREATE TABLE "metric_10s_0" PARTITION OF "metric_10s" FOR VALUES IN (0);
CREATE TABLE "metric_10s_1" PARTITION OF "metric_10s" FOR VALUES IN (1);
CREATE TABLE "metric_10s_2" PARTITION OF "metric_10s" FOR VALUES IN (2);
CREATE TABLE "metric_10s_3" PARTITION OF "metric_10s" FOR VALUES IN (3);
CREATE TABLE "metric_10s_4" PARTITION OF "metric_10s" FOR VALUES IN (4);
CREATE TABLE "metric_10s_5" PARTITION OF "metric_10s" FOR VALUES IN (5);
CREATE TABLE "metric_10s_6" PARTITION OF "metric_10s" FOR VALUES IN (6);
CREATE TABLE "metric_10s_7" PARTITION OF "metric_10s" FOR VALUES IN (7);

-- CreateTable
CREATE TABLE "metric_2m" (
    "instance_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "slot" SMALLINT NOT NULL,
    "seconds" REAL NOT NULL,
    "cpu_ms" INTEGER NOT NULL,
    "resident_mib" INTEGER,
    "used_mib" INTEGER,
    "read_bytes" BIGINT NOT NULL,
    "written_bytes" BIGINT NOT NULL,
    "in_bytes" BIGINT NOT NULL,
    "out_bytes" BIGINT NOT NULL,
    "devices" JSONB NOT NULL,

    CONSTRAINT "metric_2m_pkey" PRIMARY KEY ("instance_id","at","slot")
) PARTITION BY LIST ("slot");
CREATE TABLE "metric_2m_0" PARTITION OF "metric_2m" FOR VALUES IN (0);
CREATE TABLE "metric_2m_1" PARTITION OF "metric_2m" FOR VALUES IN (1);
CREATE TABLE "metric_2m_2" PARTITION OF "metric_2m" FOR VALUES IN (2);
CREATE TABLE "metric_2m_3" PARTITION OF "metric_2m" FOR VALUES IN (3);
CREATE TABLE "metric_2m_4" PARTITION OF "metric_2m" FOR VALUES IN (4);
CREATE TABLE "metric_2m_5" PARTITION OF "metric_2m" FOR VALUES IN (5);

-- CreateTable
CREATE TABLE "metric_15m" (
    "instance_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "slot" SMALLINT NOT NULL,
    "seconds" REAL NOT NULL,
    "cpu_ms" INTEGER NOT NULL,
    "resident_mib" INTEGER,
    "used_mib" INTEGER,
    "read_bytes" BIGINT NOT NULL,
    "written_bytes" BIGINT NOT NULL,
    "in_bytes" BIGINT NOT NULL,
    "out_bytes" BIGINT NOT NULL,
    "devices" JSONB NOT NULL,

    CONSTRAINT "metric_15m_pkey" PRIMARY KEY ("instance_id","at","slot")
) PARTITION BY LIST ("slot");
CREATE TABLE "metric_15m_0" PARTITION OF "metric_15m" FOR VALUES IN (0);
CREATE TABLE "metric_15m_1" PARTITION OF "metric_15m" FOR VALUES IN (1);
CREATE TABLE "metric_15m_2" PARTITION OF "metric_15m" FOR VALUES IN (2);
CREATE TABLE "metric_15m_3" PARTITION OF "metric_15m" FOR VALUES IN (3);
CREATE TABLE "metric_15m_4" PARTITION OF "metric_15m" FOR VALUES IN (4);
CREATE TABLE "metric_15m_5" PARTITION OF "metric_15m" FOR VALUES IN (5);
CREATE TABLE "metric_15m_6" PARTITION OF "metric_15m" FOR VALUES IN (6);
CREATE TABLE "metric_15m_7" PARTITION OF "metric_15m" FOR VALUES IN (7);
CREATE TABLE "metric_15m_8" PARTITION OF "metric_15m" FOR VALUES IN (8);

-- CreateTable
CREATE TABLE "metric_1h" (
    "instance_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "slot" SMALLINT NOT NULL,
    "seconds" REAL NOT NULL,
    "cpu_ms" INTEGER NOT NULL,
    "resident_mib" INTEGER,
    "used_mib" INTEGER,
    "read_bytes" BIGINT NOT NULL,
    "written_bytes" BIGINT NOT NULL,
    "in_bytes" BIGINT NOT NULL,
    "out_bytes" BIGINT NOT NULL,
    "devices" JSONB NOT NULL,

    CONSTRAINT "metric_1h_pkey" PRIMARY KEY ("instance_id","at","slot")
) PARTITION BY LIST ("slot");
CREATE TABLE "metric_1h_0" PARTITION OF "metric_1h" FOR VALUES IN (0);
CREATE TABLE "metric_1h_1" PARTITION OF "metric_1h" FOR VALUES IN (1);
CREATE TABLE "metric_1h_2" PARTITION OF "metric_1h" FOR VALUES IN (2);
CREATE TABLE "metric_1h_3" PARTITION OF "metric_1h" FOR VALUES IN (3);
CREATE TABLE "metric_1h_4" PARTITION OF "metric_1h" FOR VALUES IN (4);
CREATE TABLE "metric_1h_5" PARTITION OF "metric_1h" FOR VALUES IN (5);
CREATE TABLE "metric_1h_6" PARTITION OF "metric_1h" FOR VALUES IN (6);
CREATE TABLE "metric_1h_7" PARTITION OF "metric_1h" FOR VALUES IN (7);
CREATE TABLE "metric_1h_8" PARTITION OF "metric_1h" FOR VALUES IN (8);
CREATE TABLE "metric_1h_9" PARTITION OF "metric_1h" FOR VALUES IN (9);
CREATE TABLE "metric_1h_10" PARTITION OF "metric_1h" FOR VALUES IN (10);
CREATE TABLE "metric_1h_11" PARTITION OF "metric_1h" FOR VALUES IN (11);

-- CreateTable
CREATE TABLE "metric_level" (
    "name" TEXT NOT NULL,
    "summed_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "metric_level_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE INDEX "metric_10s_at_idx" ON "metric_10s" USING BRIN ("at");

-- CreateIndex
CREATE INDEX "metric_2m_at_idx" ON "metric_2m" USING BRIN ("at");

-- CreateIndex
CREATE INDEX "metric_15m_at_idx" ON "metric_15m" USING BRIN ("at");

-- CreateIndex
CREATE INDEX "metric_1h_at_idx" ON "metric_1h" USING BRIN ("at");

-- AddForeignKey
ALTER TABLE "guest_meter" ADD CONSTRAINT "guest_meter_guest_id_fkey" FOREIGN KEY ("guest_id") REFERENCES "guest"("id") ON DELETE CASCADE ON UPDATE CASCADE;



-- No foreign key to instance: each of a thousand rows every ten seconds would lock its instance against those who change it.
CREATE FUNCTION metric_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM metric_10s WHERE instance_id = OLD.id;
  DELETE FROM metric_2m WHERE instance_id = OLD.id;
  DELETE FROM metric_15m WHERE instance_id = OLD.id;
  DELETE FROM metric_1h WHERE instance_id = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER metric_forget AFTER DELETE ON "instance" FOR EACH ROW EXECUTE FUNCTION metric_forget();

-- Overwritten at each look, and no index knows of what changes.
ALTER TABLE "guest_meter" SET (fillfactor = 50);

INSERT INTO "metric_level" ("name", "summed_until") SELECT name, now() FROM unnest(ARRAY['2m', '15m', '1h']) AS name;
