import { API_VERSION, GROUP, VERSION } from './group.ts';
import type { ResourceDefinition } from './resource.ts';
import { structuralSchema } from './structural-schema.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** `metadata.name` of the CRD of a resource. */
export function crdName(definition: Pick<ResourceDefinition, 'plural'>): string {
  return `${definition.plural}.${GROUP}`;
}

/**
 * The CustomResourceDefinition of a resource, as JSON. Both resources have the status subresource, so that a change of the spec, and
 * only that, raises metadata.generation. Throws `UnconvertibleSchemaError`.
 */
export function customResourceDefinition(definition: ResourceDefinition) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: crdName(definition) },
    spec: {
      group: GROUP,
      names: {
        kind: definition.kind,
        listKind: `${definition.kind}List`,
        plural: definition.plural,
        singular: definition.singular,
        shortNames: definition.shortNames,
        categories: ['janus'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema(definition) },
          subresources: { status: {} },
          additionalPrinterColumns: definition.columns,
          selectableFields: definition.selectableFields.map((jsonPath) => ({ jsonPath })),
        },
      ],
    },
  } as const;
}

function rootSchema(definition: ResourceDefinition): object {
  return {
    type: 'object',
    description: definition.description,
    ...(definition.specRequired ? { required: ['spec'] } : {}),
    ...(definition.rules.length === 0 ? {} : { 'x-kubernetes-validations': definition.rules }),
    properties: {
      apiVersion: { type: 'string', description: `Version of the schema of this object: ${API_VERSION}.` },
      kind: { type: 'string', description: `Kind of this object: ${definition.kind}.` },
      metadata: { type: 'object' },
      spec: published(structuralSchema(definition.spec, 'spec')),
      ...(definition.status === undefined ? {} : { status: published(structuralSchema(definition.status, 'status')) }),
    },
  };
}

// A default that the API server does not fill in is told in the description.
function published(schema: StructuralSchema): object {
  const { documentedDefault, description, properties, items, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    description: documentedDefault === undefined ? description : `${description} Default: ${documentedDefault}.`,
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, published(field)])) }),
    ...(items === undefined ? {} : { items: published(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: published(additionalProperties) }),
  };
}
