import type { ListOptions } from './client.ts';
import { isApiError } from './errors.ts';
import type { KubeList, KubeObject } from './object.ts';

/** A whole list, read page by page; what `keep` turns down is let go of with its page. */
export async function listAll<T extends KubeObject>(
  options: ListOptions,
  page: (limit: number | undefined, token: string | undefined) => Promise<KubeList<T>>,
): Promise<KubeList<T>> {
  const kept = (items: readonly T[]): readonly T[] => (options.keep === undefined ? items : items.filter(options.keep));
  let last = await page(options.limit, undefined);
  const items = [...kept(last.items)];
  while (last.metadata.continue !== undefined && last.metadata.continue !== '') {
    try {
      last = await page(options.limit, last.metadata.continue);
    } catch (error) {
      if (!isApiError(error, 410)) throw error;
      // The pages' snapshot was compacted away meanwhile: only one unpaged list is consistent again.
      const list = await page(undefined, undefined);
      return { ...list, items: kept(list.items) };
    }
    items.push(...kept(last.items));
  }
  return { ...last, items };
}
