import { MATRIX, NEVER_LOCKED, type LockKind, type MatrixRow } from './matrix.ts';

/** The matrix as the Markdown of a reference page. */
export function enforcementPage(): string {
  return [
    '# What a lock does to which write',
    '',
    'Each row is tried on a real API server: by cluster-admin on an object of every kind that Kubernetes keeps, and on some of them also by a stranger with every right, by the ServiceAccount of the transaction without a grant, and by a controller of the cluster. The test asks the API server which verbs and subresources it offers: one that a new Kubernetes adds is missing here, and fails it.',
    '',
    'An **object lock** comes with Update and Delete, a **field lock** with Patch and Create. A **reserved name** is one that a transaction is going to create, or has deleted and may have to restore. All are answered alike, whoever asks, where the table does not say otherwise of controllers. Dry runs are answered like the writes they stand for.',
    '',
    '| request | verbs | what it does | object lock | field lock | reserved name | |',
    '|---|---|---|---|---|---|---|',
    ...MATRIX.map(lineOf),
    '',
    'What says “by a guard” is held by [guards](../locks.md#guards), since no label shows it.',
    '',
    `There are no locks on ${NEVER_LOCKED.map((pattern) => `\`${pattern.replace(/^\//, '')}\``).join(', ')}: the API server keeps no such object, asks no webhook about it, or it is a message or a transaction ([errors](errors.md)).`,
    '',
  ].join('\n');
}

function lineOf(row: MatrixRow): string {
  const cells = (['object', 'fields', 'name'] as const).map((lock) => cellOf(row, lock));
  const paths = row.paths.map((path) => `\`${path}\``).join(', ');
  return `| ${[paths, row.verbs.join(', '), row.does, ...cells, row.note ?? ''].join(' | ')} |`;
}

function cellOf({ outcomes, controllers }: MatrixRow, lock: LockKind): string {
  const special = controllers?.[lock];
  return special === undefined ? outcomes[lock] : `${outcomes[lock]}; controllers: ${special}`;
}
