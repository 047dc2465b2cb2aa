import { describe, expectTypeOf, test } from 'vitest';
import type { ObjectMeta } from '../../src/api/metadata.ts';
import type { ChangeType, ResourceChange, ResourceChangeSpec, TargetReference } from '../../src/api/resource-change.ts';
import { isSealed } from '../../src/api/transaction.ts';
import type { Condition, ItemStatus, Phase, Transaction, TransactionSpec, TransactionStatus } from '../../src/api/transaction.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import type { ChangeType as RecordChangeType } from '../../src/lock/record.ts';

// What is claimed here is checked by the compiler.
describe('the types of the resources', () => {
  test('stand wherever an object of the API server is expected', () => {
    expectTypeOf<Transaction>().toExtend<KubeObject>();
    expectTypeOf<ResourceChange>().toExtend<KubeObject>();
    expectTypeOf<ObjectMeta>().toExtend<KubeObject['metadata']>();
  });

  test('say what the schema says', () => {
    expectTypeOf<Phase>().toEqualTypeOf<
      'Pending' | 'Preparing' | 'Prepared' | 'Committing' | 'Committed' | 'RollingBack' | 'RolledBack' | 'Failed'
    >();
    expectTypeOf<ChangeType>().toEqualTypeOf<RecordChangeType>();
    expectTypeOf<TransactionSpec['serviceAccountName']>().toEqualTypeOf<string>();
    expectTypeOf<Required<TransactionSpec>['onConflict']>().toEqualTypeOf<'Wait' | 'Fail'>();
    expectTypeOf<Required<TransactionStatus>['conditions']>().toEqualTypeOf<readonly Condition[]>();
    expectTypeOf<ItemStatus['committed']>().toEqualTypeOf<boolean>();
    expectTypeOf<Required<ResourceChangeSpec>['order']>().toEqualTypeOf<number>();
    expectTypeOf<ResourceChangeSpec['target']>().toEqualTypeOf<TargetReference>();
  });

  test('are read-only all the way down, and have no undefined', () => {
    expectTypeOf<ResourceChangeSpec>().toEqualTypeOf<Readonly<ResourceChangeSpec>>();
    expectTypeOf<TargetReference>().toEqualTypeOf<Readonly<TargetReference>>();
    expectTypeOf<Required<TransactionSpec>['health']>().toEqualTypeOf<{ readonly timeout?: string }>();
    expectTypeOf<Required<TransactionStatus>['items']>().toEqualTypeOf<readonly ItemStatus[]>();
    expectTypeOf<{ serviceAccountName: string; timeout: undefined }>().not.toExtend<TransactionSpec>();
    expectTypeOf<{ serviceAccountName: string }>().toExtend<TransactionSpec>();
  });

  test('a sealed Transaction has a spec', () => {
    const transaction = { apiVersion: 'tx.janus.io/v1alpha1', kind: 'Transaction', metadata: {} } as Transaction;
    if (isSealed(transaction)) expectTypeOf(transaction.spec).toEqualTypeOf<TransactionSpec>();
    expectTypeOf(transaction.spec).toEqualTypeOf<TransactionSpec | undefined>();
  });
});
