namespace Limber.Servers.Qmp.Schema;

/// <summary>Types of commands that describe the server, its objects and its processor models.</summary>
internal static class IntrospectionTypes
{
    public static readonly QmpEnumType Capability = new("oob");

    public static readonly QmpArrayType Names = new(new QmpObjectType(new QmpMember("name", QmpType.String)));

    public static readonly QmpObjectType Version = new(
        new("qemu", new QmpObjectType(
            new("major", QmpType.Integer),
            new("minor", QmpType.Integer),
            new("micro", QmpType.Integer))),
        new("package", QmpType.String));

    /// <summary>A property of an object or of a type.</summary>
    public static readonly QmpArrayType Properties = new(new QmpObjectType(
        new("name", QmpType.String),
        new("type", QmpType.String),
        new("description", QmpType.String, true),
        new("default-value", QmpType.Any, true)));

    public static readonly QmpArrayType ObjectTypes = new(new QmpObjectType(
        new("name", QmpType.String),
        new("abstract", QmpType.Boolean, true),
        new("parent", QmpType.String, true)));

    public static readonly QmpArrayType CpuDefinitions = new(new QmpObjectType(
        new("name", QmpType.String),
        new("migration-safe", QmpType.Boolean, true),
        new("static", QmpType.Boolean),
        new("unavailable-features", new QmpArrayType(QmpType.String), true),
        new("typename", QmpType.String),
        new("alias-of", QmpType.String, true),
        new("deprecated", QmpType.Boolean)));

    public static readonly QmpObjectType CpuModel = new(
        new("name", QmpType.String),
        new("props", QmpType.Any, true));

    public static readonly QmpEnumType CpuExpansionKind = new("static", "full");

    public static readonly QmpArrayType CommandLineOptions = new(new QmpObjectType(
        new("option", QmpType.String),
        new("parameters", new QmpArrayType(new QmpObjectType(
            new("name", QmpType.String),
            new("type", new QmpEnumType("string", "boolean", "number", "size")),
            new("help", QmpType.String, true),
            new("default", QmpType.String, true))))));

    /// <summary>An entry of <c>query-qmp-schema</c> itself.</summary>
    public static readonly QmpArrayType Schema = MakeSchema();

    private static QmpArrayType MakeSchema()
    {
        QmpArrayType strings = new(QmpType.String);
        QmpObjectType enumMember = new(new("name", QmpType.String), new("features", strings, true));
        QmpObjectType objectMember = new(
            new("name", QmpType.String),
            new("type", QmpType.String),
            new("default", QmpType.Any, true),
            new("features", strings, true));
        QmpObjectType variant = new(new("case", QmpType.String), new("type", QmpType.String));
        QmpEnumType jsonType = new("string", "number", "int", "boolean", "null", "object", "array", "value");
        return new(new QmpObjectType(
            new("name", QmpType.String),
            new("meta-type", new QmpEnumType("builtin", "enum", "array", "object", "alternate", "command", "event")),
            new("features", strings, true))
        {
            Tag = "meta-type",
            Variants =
            [
                ("builtin", new(new QmpMember("json-type", jsonType))),
                ("enum", new(new("members", new QmpArrayType(enumMember)), new("values", strings))),
                ("array", new(new QmpMember("element-type", QmpType.String))),
                ("object", new(
                    new("members", new QmpArrayType(objectMember)),
                    new("tag", QmpType.String, true),
                    new("variants", new QmpArrayType(variant), true))),
                ("alternate", new(new QmpMember("members", new QmpArrayType(new QmpObjectType(new QmpMember("type", QmpType.String)))))),
                ("command", new(
                    new("arg-type", QmpType.String),
                    new("ret-type", QmpType.String),
                    new("allow-oob", QmpType.Boolean, true))),
                ("event", new(new QmpMember("arg-type", QmpType.String))),
            ],
        });
    }
}
