import { Fault } from './fault.ts';

/**
 * `read` of every item.
 *
 * @throws one Fault with all the sentences, a line each, where there are any: a person corrects a file once.
 */
export function gather<T, R>(items: readonly T[], read: (item: T) => R): readonly R[] {
  const faults: Fault[] = [];
  const values = items.flatMap((item) => {
    try {
      return [read(item)];
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(error);
      return [];
    }
  });
  const [first] = faults;
  if (first === undefined) return values;
  throw faults.length === 1 ? first : new Fault([...new Set(faults.map(({ message }) => message))].join('\n'));
}
