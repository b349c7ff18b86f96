"""The OpenAPI 3.1 document of what an EHR may call, made from the services, the table of errors and the wire's rules.

It is printed by `chartside openapi` and kept as docs/openapi.json. It is not served: discovery is the standard's own
way to tell a client what there is, and every other open address is one more to guard.
"""
