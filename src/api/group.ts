/** API group of every resource of ours. */
export const GROUP = 'tx.janus.io';

/** The one version that is served and stored. */
export const VERSION = 'v1alpha1';

/** `apiVersion` of every resource of ours. */
export const API_VERSION = 'tx.janus.io/v1alpha1';

/** Kept on a sealed Transaction until its record and its locks are gone. The name is the one that existing scripts know. */
export const LEASE_CLEANUP_FINALIZER = 'tx.janus.io/lease-cleanup';

/** Kept on a sealed Transaction while there is something that a rollback could still undo. */
export const ROLLBACK_PROTECTION_FINALIZER = 'tx.janus.io/rollback-protection';

/** Label of a ResourceChange: name of its Transaction. For selecting only; what decides is the owner reference. */
export const TRANSACTION_LABEL = 'tx.janus.io/transaction';

/** Label by which an object is locked. Nobody but the executor may write it. */
export const LOCK_LABEL = 'tx.janus.io/lock';

/** While present on a Transaction, deleting it before its end rolls it back first, and a failed rollback is tried again. */
export const AUTOMATIC_ROLLBACK_ANNOTATION = 'tx.janus.io/automatic-rollback';

/** One-shot: try the rollback of a Failed Transaction once more. Removed after the attempt. */
export const RETRY_ROLLBACK_ANNOTATION = 'tx.janus.io/retry-rollback';

/** One-shot: roll a Transaction back, Committed or still under way. Removed when that is done. */
export const REQUEST_ROLLBACK_ANNOTATION = 'tx.janus.io/request-rollback';

/** Who created the Transaction or the ResourceChange, as the API server authenticated them, in JSON. Set at admission. */
export const REQUESTER_ANNOTATION = 'tx.janus.io/requester';

/** Who sealed the Transaction, as the API server authenticated them, in JSON. Set at admission. */
export const SEALED_BY_ANNOTATION = 'tx.janus.io/sealed-by';

/** On a manifest that `janus apply` reads: a whole number; lower ones are made first, and what does not say has 0. */
export const ORDER_ANNOTATION = 'tx.janus.io/order';

/** On a manifest that `janus apply` reads: what must be made before, as `Kind/name` or `Kind/namespace/name`, with commas between. */
export const DEPENDS_ON_ANNOTATION = 'tx.janus.io/depends-on';

/** Of a Transaction that `janus apply` made: names of all objects that it was given, packed. What `--prune-from` compares with. */
export const APPLIED_SET_ANNOTATION = 'tx.janus.io/applied-set';

/** Of an unsealed Transaction: how long after its creation the operator removes it, unless it is sealed by then. A Go duration. */
export const DRAFT_FOR_ANNOTATION = 'tx.janus.io/draft-for';
