import { keepPreviousData } from "@tanstack/react-query";

/** Rows a page. */
export const pageSize = 100;

type Page<Row> = {
  items: readonly Row[];
  nextCursor: string | null;
  total: number;
  totalIsExact: boolean;
};

/** How every list of the API is followed to its end. */
export const paging = {
  getNextPageParam: (page: { nextCursor: string | null }) => page.nextCursor ?? undefined,
  placeholderData: keepPreviousData,
};

/** Network and hypervisors tell of their work by rows alone: who waits for it looks again, ms. */
export const settlingMs = 2_000;

type Followed<Row> = { state: { data?: { pages: readonly Pick<Page<Row>, "items">[] } | undefined } };

/** Asks again while a row of the list waits for something. */
export function whileAny<Row>(waits: (row: Row) => boolean, everyMs = settlingMs) {
  return ({ state }: Followed<Row>): number | false =>
    state.data?.pages.some(({ items }) => items.some(waits)) ? everyMs : false;
}

/** What the frame needs of an infinite query. */
export type PagedQuery<Row> = {
  data: { pages: readonly Page<Row>[] } | undefined;
  isSuccess: boolean;
  isPending: boolean;
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
};

export function rowsOf<Row>({ data }: Pick<PagedQuery<Row>, "data">) {
  const pages = data?.pages ?? [];
  return {
    rows: pages.flatMap((page) => page.items),
    total: pages[0]?.total ?? 0,
    exact: pages[0]?.totalIsExact ?? true,
  };
}
