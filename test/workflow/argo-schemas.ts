import { existsSync, readFileSync } from 'node:fs';
import { Ajv, type AnySchemaObject } from 'ajv';
import { load } from 'js-yaml';

const folder = new URL('../../../shared/data/argo/', import.meta.url);

export const argoDataIsHere = existsSync(folder);

type Check = (workflow: unknown) => readonly string[];

/** Argo's own JSON schema, made strict: unknown fields are errors. It accepts numbers for quantities and similar fields. */
export function jsonSchemaCheck(): Check {
  const { definitions } = JSON.parse(readFileSync(new URL('workflow.schema.json', folder), 'utf8'));
  definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString'] = { type: ['string', 'integer'] };
  definitions['io.k8s.apimachinery.pkg.api.resource.Quantity'] = { type: ['string', 'number'] };
  for (const definition of Object.values<AnySchemaObject>(definitions)) refuseUnknown(definition);
  return compile({ definitions, $ref: '#/definitions/io.argoproj.workflow.v1alpha1.Workflow' });
}

/** The CRD's own schema, with patterns, enumerations and bounds, made strict. Its CEL rules are not evaluated. */
export function crdCheck(): Check {
  const crd = load(readFileSync(new URL('crds/argoproj.io_workflows.yaml', folder), 'utf8')) as AnySchemaObject;
  const schema = crd.spec.versions[0].schema.openAPIV3Schema;
  walk(schema);
  schema.properties.metadata = { type: 'object' };
  return compile(schema);
}

function walk(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return;
  refuseUnknown(schema as AnySchemaObject);
  for (const inner of Object.values(schema)) walk(inner);
}

function refuseUnknown(schema: AnySchemaObject): void {
  if (schema.type !== 'object' || typeof schema.properties !== 'object') return;
  if (schema['x-kubernetes-preserve-unknown-fields'] !== true) schema.additionalProperties ??= false;
}

function compile(schema: AnySchemaObject): Check {
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  return (workflow) => {
    validate(workflow);
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    );
  };
}
