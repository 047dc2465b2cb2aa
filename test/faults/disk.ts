/** One member of an etcd, spoken to as an administrator does who has to make room. */
export interface Disk {
  /** Raises the alarm that etcd raises by itself at its quota: from now on nothing is stored that would add to it. */
  fill(): Promise<void>;
  /** Compacts, defragments, and takes the alarm back. */
  free(): Promise<void>;
}

/** @param etcd its client URL */
export async function diskOf(etcd: string): Promise<Disk> {
  const ask = async <T>(path: string, body: unknown = {}): Promise<T> => {
    const answer = await fetch(`${etcd}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd answered ${path} with ${String(answer.status)}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  interface Status {
    readonly header: { readonly member_id: string; readonly revision: string };
  }
  const status = (): Promise<Status> => ask<Status>('maintenance/status');
  const memberID = (await status()).header.member_id;
  const alarm = (action: string): Promise<unknown> => ask('maintenance/alarm', { action, memberID, alarm: 'NOSPACE' });
  return {
    async fill() {
      await alarm('ACTIVATE');
    },
    async free() {
      const { revision } = (await status()).header;
      await ask('kv/compaction', { revision, physical: true });
      await ask('maintenance/defragment');
      await alarm('DEACTIVATE');
    },
  };
}
