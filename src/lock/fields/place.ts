import type { FieldsV1 } from '../../kube/object.ts';
import type { ListIdentity } from './list.ts';

/** One place on the way through a field set that is put back. */
export interface Place {
  readonly node: FieldsV1;
  /** What was there before; undefined for nothing. */
  readonly before: unknown;
  readonly live: unknown;
  /** What other managers own there now. */
  readonly others: FieldsV1 | undefined;
  readonly depth: number;
}

/** How a list of the result came about: the patch must know which live item each of its items is. */
export interface ListOrigins {
  /** Per item its position in the live list; undefined for one that is put back. */
  readonly origins: readonly (number | undefined)[];
  readonly identity: ListIdentity;
}

/** Lists of the result, by reference, with where their items come from. */
export type Lists = Map<readonly unknown[], ListOrigins>;
