import { z } from 'zod';
import { API_VERSION } from './group.ts';

/** One CEL rule of a CRD (`x-kubernetes-validations[]`). */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired';
}

/** One column of `kubectl get`. Priority 1 shows with `-o wide` only. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: 1;
}

/** All there is to say about one resource of ours; CRD, reference and validation are made from it. */
export interface ResourceDefinition {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: z.ZodObject;
  /** Whether the API server refuses an object without `spec`. */
  readonly specRequired: boolean;
  readonly status?: z.ZodObject;
  /** Rules over the whole object. */
  readonly rules: readonly ValidationRule[];
  readonly columns: readonly PrinterColumn[];
  /** Fields that `--field-selector` takes. */
  readonly selectableFields: readonly string[];
}

/** The shape of a whole object, for validation. `metadata` is checked by the API server. */
export function objectSchema(definition: ResourceDefinition): z.ZodObject {
  return z.object({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal(definition.kind),
    metadata: z.looseObject({}),
    spec: definition.specRequired ? definition.spec : definition.spec.optional(),
  });
}
