import { describe, expect, test } from 'vitest';
import type { KubeClient, ListOptions } from '../../src/kube/client.ts';
import { ApiError } from '../../src/kube/errors.ts';
import type { KubeList, KubeObject } from '../../src/kube/object.ts';
import { changesReader } from '../../src/transaction/changes.ts';

const change = (name: string, ...owners: readonly string[]): KubeObject => ({
  apiVersion: 'tx.janus.io/v1alpha1',
  kind: 'ResourceChange',
  metadata: { name, ownerReferences: owners.map((uid) => ({ apiVersion: 'tx.janus.io/v1alpha1', kind: 'Transaction', name: uid, uid })) },
});

/** Lists that are answered when the test says so. */
function shelf(objects: () => readonly KubeObject[]) {
  const lists: { readonly namespace: string | undefined; readonly answer: (error?: Error) => void }[] = [];
  const list = (_kind: unknown, options: ListOptions = {}): Promise<KubeList> =>
    new Promise((resolve, reject) => {
      lists.push({
        namespace: options.namespace,
        answer: (error) => {
          if (error !== undefined) reject(error);
          else resolve({ apiVersion: 'v1', kind: 'List', metadata: {}, items: objects().filter(options.keep ?? (() => true)) });
        },
      });
    });
  return { lists, client: { list } as Pick<KubeClient, 'list'> };
}

const turns = async (): Promise<void> => {
  for (let n = 0; n < 10; n += 1) await Promise.resolve();
};
const names = (changes: readonly { readonly metadata: { readonly name?: string } }[]) => changes.map(({ metadata }) => metadata.name);

describe('the changes of transactions', () => {
  test('are found by their owner, whoever else is in the namespace', async () => {
    const { lists, client } = shelf(() => [change('a', 'one'), change('b', 'two'), change('c', 'one', 'two'), change('d')]);
    const changesOf = changesReader(client);
    const [one, two, three] = ['one', 'two', 'three'].map((uid) => changesOf('shop', uid));
    await turns();
    lists[0]?.answer();
    expect([names((await one) ?? []), names((await two) ?? []), await three]).toEqual([['a', 'c'], ['b', 'c'], []]);
    expect(lists).toHaveLength(1);
  });

  test('that are asked for during a list are read by another that begins afterwards, one for all', async () => {
    const there = [change('a', 'one')];
    const { lists, client } = shelf(() => there);
    const changesOf = changesReader(client);
    const first = changesOf('shop', 'one');
    await turns();
    const later = Array.from({ length: 500 }, (_, n) => changesOf('shop', `late-${String(n)}`));
    there.push(change('b', 'late-7'));
    await turns();
    expect(lists).toHaveLength(1);
    lists[0]?.answer();
    await first;
    await turns();
    lists[1]?.answer();
    expect(names((await Promise.all(later))[7] ?? [])).toEqual(['b']);
    expect(lists).toHaveLength(2);
  });

  test('of different namespaces do not wait for each other', async () => {
    const { lists, client } = shelf(() => []);
    const changesOf = changesReader(client);
    void changesOf('shop', 'one');
    const other = changesOf('office', 'two');
    await turns();
    lists.find(({ namespace }) => namespace === 'office')?.answer();
    expect(await other).toEqual([]);
  });

  test('that could not be listed are an error for those who asked, and for nobody after them', async () => {
    const { lists, client } = shelf(() => [change('a', 'one')]);
    const changesOf = changesReader(client);
    const failing = changesOf('shop', 'one');
    await turns();
    const next = changesOf('shop', 'one');
    lists[0]?.answer(new ApiError({ code: 403, reason: 'Forbidden', message: 'no' }));
    await expect(failing).rejects.toThrow('no');
    await turns();
    lists[1]?.answer();
    expect(names(await next)).toEqual(['a']);
  });
});
