/** What a grant lets its bearer do. One grant, one action, one object. */
export type GrantAction = 'preflight' | 'lock' | 'apply' | 'create' | 'delete' | 'restore' | 'recreate' | 'unlock';

/** The object a grant is for. `uid` is absent where the object does not exist yet. */
export interface GrantTarget {
  readonly group: string;
  readonly resource: string;
  /** '' for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
}

/** The claims of a grant, bound to one attempt of one transaction. */
export interface GrantClaims {
  /** uid of the Transaction. */
  readonly transaction: string;
  readonly attempt: number;
  /** Name of the ResourceChange; '' where the action concerns the object as a whole. */
  readonly change: string;
  readonly action: GrantAction;
  readonly target: GrantTarget;
  /** User name of the ServiceAccount that may carry it; while absent, only the record says who may, where it is looked up. */
  readonly bearer?: string;
}

/** Impersonation extra that carries a grant; `Impersonate-Extra-tx.janus.io%2Fgrant` on the wire. */
export const GRANT_EXTRA = 'tx.janus.io/grant';
