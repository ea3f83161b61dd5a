-- CreateTable
CREATE TABLE "left_guest" (
    "guest_id" UUID NOT NULL,
    "generation" INTEGER NOT NULL,
    "left_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "left_guest_pkey" PRIMARY KEY ("guest_id")
);
