"""The protocol's message types as JSON, for the tests' validator.

    model.py > MODEL

Read from `lsprotocol`, which is generated from the protocol's meta model: every structure with its properties, every enumeration with
its values, and for each method what goes either way.
"""

import collections.abc
import enum
import json
import re
import sys
import types as python_types
import typing

import attrs
from lsprotocol import types


class Model:
    """Types met so far, by name; those that refer to themselves end here."""

    def __init__(self):
        self.types = {}

    def of(self, hint, field=None):
        """A type as JSON: a string for what JSON has, a list with its kind first for the rest."""
        if hint in (typing.Any, object, types.LSPAny):
            return "any"
        if hint is types.LSPObject:
            return "object"
        if hint is None or hint is type(None):
            return "null"
        if hint is bool:
            return "boolean"
        if hint is int:
            name = getattr(field.validator, "__name__", "") if field is not None else ""
            return "uinteger" if "uinteger" in name else "integer"
        if hint is float:
            return "decimal"
        if hint is str:
            return "string"
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, python_types.UnionType):
            return ["or", *[self.of(argument, field) for argument in arguments]]
        if origin in (list, collections.abc.Sequence):
            return ["array", self.of(arguments[0])]
        if origin in (dict, collections.abc.Mapping):
            return ["map", self.of(arguments[1])]
        if origin is tuple:
            return ["tuple", *[self.of(argument) for argument in arguments]]
        if origin is typing.Literal:
            return ["literal", *arguments]
        if isinstance(hint, type):
            self.add(hint)
            return ["type", hint.__name__]
        sys.exit(f"no such type here: {hint!r}")

    def add(self, made):
        if made.__name__ in self.types:
            return
        if issubclass(made, enum.Enum):
            self.types[made.__name__] = {"values": [value.value for value in made]}
            return
        self.types[made.__name__] = {}
        hints = typing.get_type_hints(made, vars(types))
        properties = {}
        for field in attrs.fields(made):
            required = field.default is attrs.NOTHING or types.is_special_property(made, field.name)
            kind = self.of(hints[field.name], field)
            if not required and isinstance(kind, list) and kind[-1] == "null":
                # What may be left out is left out: `null` is how Python says that it is.
                kind = kind[1] if len(kind) == 3 else kind[:-1]
            properties[wire_name(field.name)] = {"type": kind, "required": required}
        self.types[made.__name__] = {"properties": properties}


def wire_name(name):
    """`range_length` is `rangeLength`, and what is a word of Python has lost its underscore."""
    words = name.rstrip("_").split("_")
    return words[0] + "".join(word.capitalize() for word in words[1:])


def main():
    model = Model()
    methods = {}
    for method, (request, response, params, _) in types.METHOD_TO_TYPES.items():
        entry = {"direction": types.message_direction(method)}
        for name, holder, field in (("params", request, "params"), ("result", response, "result")):
            if holder is not None and field in {own.name for own in attrs.fields(holder)}:
                entry[name] = model.of(typing.get_type_hints(holder, vars(types))[field])
        methods[method] = entry
    json.dump({"methods": methods, "types": model.types}, sys.stdout, sort_keys=True, indent=1)


if __name__ == "__main__":
    main()
