// Swagger UI on our own description; nothing is loaded from elsewhere and nothing is sent to a validator.
const place = document.getElementById("swagger");
SwaggerUIBundle({ url: place.dataset.schema, domNode: place, validatorUrl: null, deepLinking: true });
