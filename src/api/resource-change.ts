import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import type { API_VERSION } from './group.ts';
import type { ObjectMeta } from './metadata.ts';
import type { ResourceDefinition } from './resource.ts';

const changeTypeSchema = z.enum(['Create', 'Update', 'Patch', 'Delete']);

const targetSchema = z
  .object({
    apiVersion: z.string().min(1).max(317).describe('Group and version of the object, for example v1 or apps/v1.'),
    kind: z.string().min(1).max(63).describe('Kind of the object, for example ConfigMap.'),
    name: z.string().min(1).max(253).describe('Name of the object.'),
    namespace: z
      .string()
      .max(63)
      .optional()
      .meta({ description: 'Namespace of the object. Left out for kinds that have none.', documentedDefault: "the Transaction's" }),
  })
  .describe('The object to change.');

/** `spec` of a ResourceChange. */
export const resourceChangeSpecSchema = z
  .object({
    target: targetSchema,
    type: changeTypeSchema.describe(
      'Create applies a manifest, adopting an object that exists; Update replaces the object by a manifest; Patch applies the given fields; Delete removes the object.',
    ),
    content: z
      .looseObject({})
      .optional()
      .describe('The manifest (Create, Update) or the fields to set (Patch). Required for these, forbidden for Delete.'),
    order: z.int32().default(0).describe('Changes run from the lowest order to the highest. Those of one order may run in parallel.'),
  })
  .meta({
    description: 'What to do to which object. Immutable.',
    'x-kubernetes-validations': [
      // Kubernetes compares objects of unknown fields by size and by the keys both have: a top-level key of content can be swapped for
      // another past this rule. The webhook compares properly.
      {
        rule: 'self == oldSelf',
        message: 'spec of a ResourceChange is immutable; delete it and create another',
        reason: 'FieldValueForbidden',
      },
      {
        rule: "self.type == 'Delete' || has(self.content)",
        message: 'content is required for Create, Update and Patch',
        fieldPath: '.content',
        reason: 'FieldValueRequired',
      },
      {
        rule: "self.type != 'Delete' || !has(self.content)",
        message: 'content is forbidden for Delete',
        fieldPath: '.content',
        reason: 'FieldValueForbidden',
      },
    ],
  });

/** What a ResourceChange does to its object. */
export type ChangeType = z.infer<typeof changeTypeSchema>;

/** Which object a ResourceChange is about. */
export type TargetReference = DeepReadonly<z.input<typeof targetSchema>>;

/** `spec` of a ResourceChange. `order` is 0 where absent. */
export type ResourceChangeSpec = DeepReadonly<z.input<typeof resourceChangeSpecSchema>>;

/** One change to one object, as part of the Transaction that owns it. */
export type ResourceChange = {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'ResourceChange';
  readonly metadata: ObjectMeta;
  readonly spec: ResourceChangeSpec;
};

/** Whether `change` belongs to the Transaction with this uid. */
export function belongsTo(change: Pick<ResourceChange, 'metadata'>, transactionUid: string): boolean {
  return change.metadata.ownerReferences?.some((owner) => owner.uid === transactionUid) ?? false;
}

/** Compares by execution: order first, then name. For `toSorted`. */
export function byExecution(a: ResourceChange, b: ResourceChange): number {
  const order = (a.spec.order ?? 0) - (b.spec.order ?? 0);
  if (order !== 0) return order;
  const [first, second] = [a.metadata.name ?? '', b.metadata.name ?? ''];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

/** The ResourceChange resource. */
export const RESOURCE_CHANGE: ResourceDefinition = {
  kind: 'ResourceChange',
  plural: 'resourcechanges',
  singular: 'resourcechange',
  // Not rc: that is ReplicationController's, and kubectl would warn everybody at each `kubectl get rc`.
  shortNames: ['rch'],
  description: 'One change to one object. It belongs to the Transaction that its ownerReferences name, in the same namespace.',
  spec: resourceChangeSpecSchema,
  specRequired: true,
  rules: [],
  columns: [
    { name: 'Type', type: 'string', jsonPath: '.spec.type', description: 'What it does.' },
    { name: 'Target', type: 'string', jsonPath: '.spec.target.kind', description: 'Kind of the object.' },
    { name: 'Order', type: 'integer', jsonPath: '.spec.order', description: 'When it runs: lowest first.' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since when it exists.' },
    { name: 'Target Namespace', type: 'string', jsonPath: '.spec.target.namespace', description: 'Namespace of the object.', priority: 1 },
    { name: 'Target Name', type: 'string', jsonPath: '.spec.target.name', description: 'Name of the object.', priority: 1 },
    {
      name: 'Transaction',
      type: 'string',
      jsonPath: '.metadata.ownerReferences[0].name',
      description: 'The Transaction it belongs to.',
      priority: 1,
    },
  ],
  selectableFields: ['.spec.type', '.spec.target.kind', '.spec.target.name'],
};
