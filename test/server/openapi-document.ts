import { Ajv2020 } from 'ajv/dist/2020.js';

export interface Schema {
  readonly $ref?: string;
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'null' | 'array' | 'object';
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly maxProperties?: number;
}

interface Media {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface OpenApi {
  readonly openapi: string;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Media;
  readonly responses: Readonly<Record<string, Media>>;
}

/** A route as the document has it. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
}

export function routesOf({ paths }: OpenApi): readonly Route[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { summary = '', parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      summary,
      parameters,
      body: requestBody?.content?.['application/json']?.schema ?? null,
    })),
  );
}

const ajvOptions = {
  strict: false,
  formats: {
    'date-time': (text: string) => !Number.isNaN(Date.parse(text)),
    'uri-reference': (text: string) => URL.canParse(text, 'http://server'),
  },
};
const ajv = new Ajv2020(ajvOptions);

export function acceptorOf(schema: Schema): (value: unknown) => boolean {
  return ajv.compile(schema);
}

/** What is wrong with an answer by the document; null: nothing. */
export function openAnswerCheck(document: OpenApi) {
  const schemas = new Ajv2020(ajvOptions).addSchema(document, 'openapi');

  return ({ method, path }: Route, status: number, contentType: string, body: string): string | null => {
    const { responses } = document.paths[path]![method.toLowerCase()]!;
    const key = [`${status}`, `${Math.floor(status / 100)}XX`].find((each) => each in responses);
    if (key === undefined) return `the status ${status} is not documented`;
    const type = contentType.split(';')[0]!;
    if (responses[key]!.content?.[type] === undefined) return `the type ${type} is not documented for ${status}`;
    const place = ['paths', path, method.toLowerCase(), 'responses', key, 'content', type, 'schema'];
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const check = schemas.getSchema(`openapi#/${pointer}`)!;
    if (check(/json$/.test(type) && type !== 'application/x-ndjson' ? JSON.parse(body) : body)) return null;
    return schemas.errorsText(check.errors);
  };
}
