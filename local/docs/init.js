// Swagger UI for this region's own OpenAPI document. No validator badge: it would ask another host.
window.SwaggerUIBundle({
  url: '/FHIR/R4/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  persistAuthorization: false,
});
