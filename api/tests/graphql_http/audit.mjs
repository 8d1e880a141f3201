// Runs the GraphQL over HTTP audits of `graphql-http`, and graphql-js's introspection, against the server at argv[2].
// Prints one line per audit that is not met, then one line with the counts; exits with 1 if any is not met.

import { buildClientSchema, getIntrospectionQuery, printSchema } from 'graphql';
import { auditServer } from 'graphql-http';

const url = process.argv[2];
const results = await auditServer({ url });
const unmet = results.filter((result) => result.status !== 'ok');
for (const result of unmet) {
  console.log(`${result.id} ${result.name}: ${result.reason}`);
}

const query = getIntrospectionQuery({
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
});
const response = await fetch(url, {
  method: 'POST',
  headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
  body: JSON.stringify({ query }),
});
const { data, errors } = await response.json();
if (errors) {
  console.log(`introspection: ${JSON.stringify(errors)}`);
} else {
  console.log(`introspection: ${printSchema(buildClientSchema(data)).length} characters of schema`);
}
console.log(`audits: ${results.length - unmet.length} of ${results.length}`);
process.exitCode = unmet.length > 0 || errors ? 1 : 0;
