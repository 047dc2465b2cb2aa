/** One word and what it means. */
export interface Term {
  readonly term: string;
  /** What kind of word it is: `condition`, `error`, `term`. */
  readonly kind: string;
  readonly meaning: string;
}

/** Words that are no identifiers: what people meet in messages and documents. */
export const GLOSSARY: readonly Omit<Term, 'kind'>[] = [
  {
    term: 'transaction',
    meaning:
      'Changes to several objects of which all take effect, or none stays. A Transaction object, and the ResourceChanges that name it as owner.',
  },
  { term: 'seal', meaning: 'To start a Transaction: spec.sealed becomes true, nothing more can be added, and it cannot be unsealed.' },
  {
    term: 'lock',
    meaning:
      'The label tx.janus.io/lock on an object: while its Transaction is open, the API server refuses what others write to what is locked. Patch and Create lock the fields they write, Update and Delete the object.',
  },
  {
    term: 'void',
    meaning: 'Said of a lock whose Transaction is Committed or RolledBack: it blocks nobody, and anybody may take the label off.',
  },
  { term: 'orphaned', meaning: 'Said of a lock whose Transaction is not there any more.' },
  {
    term: 'lease',
    meaning:
      'A Lease object says which replica of Janus carries transactions out. It decides only who tries: what keeps a replica that was deposed from doing harm is fencing.',
  },
  {
    term: 'fencing',
    meaning:
      'What makes late writes harmless: each write of Janus carries the label, uid or resourceVersion that it was decided on, and a lock changes these, so the API server refuses what was decided before.',
  },
  {
    term: 'attempt',
    meaning: 'Counts the rounds of locking of a Transaction. A replica that takes over raises it, and so fences its predecessor.',
  },
  {
    term: 'before-image',
    meaning:
      'What an object was when it was locked, values and field ownership. Kept in Secrets of the namespace of Janus; a rollback puts it back.',
  },
  {
    term: 'record',
    meaning:
      'The Secret tx-<uid> in the namespace of Janus that says how far a Transaction is. Everything is decided by it; status only mirrors it. Kept for some days after the end (historyTTL), for a rollback on request.',
  },
  {
    term: 'preflight',
    meaning: 'Each change is tried as a dry run on the server before anything is touched: what is sure to fail ends the Transaction there.',
  },
  {
    term: 'grant',
    meaning:
      'A signed word of Janus, valid for seconds, that lets one request of its own pass one lock. Worthless to anybody who reads it.',
  },
  {
    term: 'guard',
    meaning:
      'An entry of a webhook configuration for what a label cannot protect: names that are to be created or deleted, scale, evictions. There only while it is needed.',
  },
  { term: 'order', meaning: 'Changes are made from the lowest spec.order to the highest; those of one order in parallel, Deletes last.' },
  {
    term: 'wait-die',
    meaning: 'When two transactions meet, the older waits and the younger lets go and tries again: so none waits for ever.',
  },
  {
    term: 'settle',
    meaning:
      'The commit point: one compare-and-swap of the record. Before it everything is undone if something fails; after it the changes stay.',
  },
  { term: 'rollback', meaning: 'Undoing what a Transaction did, the last order first, under its locks: values, then field ownership.' },
  { term: 'holder', meaning: 'On whose behalf objects are locked: whoever sealed the Transaction.' },
  {
    term: 'irreversible',
    meaning: 'Said of a change that no rollback can wholly undo, such as the deletion of a Namespace or of what others depend on.',
  },
  {
    term: 'break-glass',
    meaning: 'Taking a lock off by force (janus unlock --force). It takes the verb unlock, is told aloud, and ends the Transaction.',
  },
  {
    term: 'exact',
    meaning:
      'A rollback is exact if every value and every field owner is as before. What could not be restored is listed in the condition Exact.',
  },
  { term: 'saga', meaning: 'A long transaction made of steps that each can be undone: what a Transaction is, with locks added.' },
  {
    term: 'finalizer',
    meaning:
      'tx.janus.io/lease-cleanup stays on a Transaction until nothing of it is locked; tx.janus.io/rollback-protection keeps it from being deleted by accident. "janus delete" takes care of both.',
  },
];
