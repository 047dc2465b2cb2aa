import { describe, expect, test } from 'vitest';
import type { ListOptions } from '../../src/kube/client.ts';
import { ApiError } from '../../src/kube/errors.ts';
import { listAll } from '../../src/kube/listing.ts';
import type { KubeObject } from '../../src/kube/object.ts';

const object = (n: number): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `o-${String(n)}` } });

/** A server with so many objects; tells which page sizes it was asked for. */
function server(count: number, gone?: number) {
  const asked: (number | undefined)[] = [];
  const page = (limit: number | undefined, token: string | undefined) => {
    asked.push(limit);
    const from = Number(token ?? 0);
    if (from === gone && token !== undefined) return Promise.reject(new ApiError({ code: 410, reason: 'Expired', message: 'too old' }));
    const end = limit === undefined ? count : Math.min(count, from + limit);
    const items = Array.from({ length: end - from }, (_, n) => object(from + n));
    const metadata = end < count ? { continue: String(end) } : {};
    return Promise.resolve({ apiVersion: 'v1', kind: 'List', metadata, items });
  };
  return { asked, list: (options: ListOptions) => listAll(options, page) };
}

describe('a list', () => {
  test('is read to its end in pages of the size that was asked for', async () => {
    const { asked, list } = server(25);
    expect((await list({ limit: 10 })).items.map(({ metadata }) => metadata.name)).toEqual(
      Array.from({ length: 25 }, (_, n) => `o-${String(n)}`),
    );
    expect(asked).toEqual([10, 10, 10]);
  });

  test('keeps what it is told to, and no more', async () => {
    const { list } = server(25);
    expect(
      (await list({ limit: 10, keep: ({ metadata }) => metadata.name?.endsWith('3') === true })).items.map(({ metadata }) => metadata.name),
    ).toEqual(['o-3', 'o-13', 'o-23']);
  });

  test('whose pages have expired meanwhile is read at once, whole, and filtered the same', async () => {
    const { asked, list } = server(25, 10);
    const { items } = await list({ limit: 10, keep: ({ metadata }) => metadata.name !== 'o-0' });
    expect(items).toHaveLength(24);
    expect(asked).toEqual([10, 10, undefined]);
  });
});
