"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import type { UseFormReturn } from "react-hook-form";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { dropDraft, freshIds } from "./draft.ts";
import { type LaunchForm, launchInputOf } from "./form-schema.ts";

export type Launched = { ids: string[]; password: string };
type Options = {
  projectId: string;
  userId: string;
  ids: string[];
  setIds: (ids: string[]) => void;
  form: UseFormReturn<LaunchForm>;
};

/** Sends the draft under its own ids, once however often the button is pressed. */
export function useLaunch({ projectId, userId, ids, setIds, form }: Options) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const sending = useRef(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [launched, setLaunched] = useState<Launched | null>(null);
  const mutation = useMutation(trpc.instance.launch.mutationOptions());

  const finish = (made: string[], password: string) => {
    dropDraft(userId, projectId);
    for (const key of [trpc.instance.pathKey(), trpc.project.quota.pathKey(), trpc.operation.pathKey()]) {
      void queries.invalidateQueries({ queryKey: key });
    }
    if (password) return setLaunched({ ids: made, password });
    const list = `/p/${projectId}/instances`;
    router.push(made.length === 1 ? `${list}/${made[0]}` : list);
  };

  const launch = async (values: LaunchForm) => {
    if (sending.current) return;
    sending.current = true;
    setFailure(null);
    try {
      const answer = await mutation.mutateAsync(launchInputOf(values, projectId, ids));
      finish(answer.ids, values.password);
    } catch (thrown) {
      sending.current = false;
      const refused = failureOf(thrown);
      // These ids already name something else: an earlier, different launch went through.
      if (refused.error.reason === "idInUse") setIds(freshIds());
      // Somebody else was faster: the form counts anew, and says what stands in its way.
      if (refused.error.code === "QuotaExceeded")
        void queries.invalidateQueries({ queryKey: trpc.project.quota.pathKey() });
      const field = Object.keys(values).find((key): key is keyof LaunchForm => key === refused.error.field);
      if (field) form.setError(field, { message: refused.error.reason }, { shouldFocus: true });
      setFailure(refused);
    }
  };
  return { launch, pending: mutation.isPending, failure, launched };
}
