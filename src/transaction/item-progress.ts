import type { ItemStatus } from '../api/transaction.ts';

/** Where each change stands, for people: mirrored into the status, never read for a decision. */
export class ItemProgress {
  readonly #items: Map<string, ItemStatus>;

  constructor(names: Iterable<string>, previous: readonly ItemStatus[] = []) {
    const known = new Map(previous.map((item) => [item.name, item]));
    this.#items = new Map(
      [...names].map((name) => [name, known.get(name) ?? { name, prepared: false, committed: false, rolledBack: false }]),
    );
  }

  set(name: string, change: Partial<Omit<ItemStatus, 'name'>>): void {
    const item = this.#items.get(name) ?? { name, prepared: false, committed: false, rolledBack: false };
    this.#items.set(name, { ...item, ...change });
  }

  get(name: string): ItemStatus | undefined {
    return this.#items.get(name);
  }

  /** Forgets an error that a later try has made good. */
  clearError(name: string): void {
    const item = this.#items.get(name);
    if (item?.error === undefined) return;
    const { error: _error, ...rest } = item;
    this.#items.set(name, rest);
  }

  list(): readonly ItemStatus[] {
    return [...this.#items.values()];
  }

  get committed(): number {
    return this.list().filter((item) => item.committed && !item.rolledBack).length;
  }
}
