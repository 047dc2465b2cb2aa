import type { ItemStatus } from '../../api/transaction.ts';

/** Where one change stands, in a word. */
export type ItemState = 'waiting' | 'locked' | 'applied' | 'undone' | 'failed';

/** What an item of a status says. One with an error that is not undone wants attention before anything else. */
export function stateOfItem(item: Pick<ItemStatus, 'prepared' | 'committed' | 'rolledBack' | 'error'> | undefined): ItemState {
  if (item === undefined) return 'waiting';
  if (item.rolledBack) return 'undone';
  if ((item.error ?? '') !== '') return 'failed';
  if (item.committed) return 'applied';
  return item.prepared ? 'locked' : 'waiting';
}
