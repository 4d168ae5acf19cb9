"""Views: values of the core as this API's schemas show them; the document's neutral value for a missing part."""
