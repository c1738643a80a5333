using System.Collections.Generic;
using System.Linq;
using Limber.DeviceOptions;
using Limber.Servers.Devices;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;
using Limber.Servers.Qom;

namespace Limber.Servers.Qmp.Commands;

/// <summary>Commands about the machine's objects and their types.</summary>
internal static class ObjectQueries
{
    private static readonly QmpMember Path = new("path", QmpType.String);

    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new DelegateCommand("qom-list", new(new QmpObjectType(Path), IntrospectionTypes.Properties), List),
        new DelegateCommand("qom-get", new(new QmpObjectType(Path, new("property", QmpType.String)), QmpType.Any), Get),
        new DelegateCommand(
            "qom-set",
            new(new QmpObjectType(Path, new("property", QmpType.String), new("value", QmpType.Any)), QmpObjectType.Empty),
            Set),
        new DelegateCommand(
            "qom-list-types",
            new(
                new QmpObjectType(new("implements", QmpType.String, true), new("abstract", QmpType.Boolean, true)),
                IntrospectionTypes.ObjectTypes),
            ListTypes),
        new DelegateCommand(
            "device-list-properties",
            new(new QmpObjectType(new QmpMember("typename", QmpType.String)), IntrospectionTypes.Properties),
            static (arguments, context) => ListDeviceProperties(arguments, context)),
    ];

    private static JsonValue List(QmpArguments arguments, QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (QomProperty property in QomTree.Resolve(context.Services, arguments.String("path")).Properties)
        {
            result.Add(new JsonObject { { "name", property.Name }, { "type", property.TypeName } });
        }

        return result;
    }

    private static JsonValue Get(QmpArguments arguments, QmpContext context)
    {
        QomObject found = QomTree.Resolve(context.Services, arguments.String("path"));
        return found.Find(arguments.String("property")).Read();
    }

    private static JsonValue Set(QmpArguments arguments, QmpContext context)
    {
        QomObject found = QomTree.Resolve(context.Services, arguments.String("path"));
        found.Set(arguments.String("property"), arguments.Value("value"), ValueSyntax.Message);
        return new JsonObject();
    }

    /// <summary>Without <c>implements</c> all types, with <c>abstract</c> also abstract ones.</summary>
    private static JsonValue ListTypes(QmpArguments arguments, QmpContext context)
    {
        string ancestor = arguments.OptionalString("implements") ?? "object";
        bool withAbstract = arguments.OptionalBoolean("abstract") ?? false;
        List<JsonValue> result = [];
        foreach (QomType type in QomTypes.Implementing(context.Machine.Config, ancestor))
        {
            if (type.IsAbstract && !withAbstract)
            {
                continue;
            }

            JsonObject entry = new() { { "name", type.Name } };
            if (type.IsAbstract)
            {
                entry.Add("abstract", true);
            }

            if (type.Parent is not null)
            {
                entry.Add("parent", type.Parent);
            }

            result.Add(entry);
        }

        return result;
    }

    private static List<JsonValue> ListDeviceProperties(QmpArguments arguments, QmpContext context)
    {
        string name = arguments.String("typename");
        QomType type = QomTypes.Find(context.Machine.Config, name)
            ?? throw new QmpException(QmpErrorClass.DeviceNotFound, $"Device '{name}' not found");
        if (type.IsAbstract || !QomTypes.IsKindOf(type, "device"))
        {
            throw new QmpException("Parameter 'typename' expects a non-abstract device type");
        }

        if (name == DimmOptions.Driver)
        {
            return DescribeAll(DimmOptions.Properties);
        }

        if (DeviceCatalog.Find(name) is { } driver)
        {
            return DescribeAll(driver.Properties);
        }

        List<JsonValue> result = [];
        foreach (DeviceProperty property in name == CpuTypeNames.Generic ? DeviceProperty.OfGenericProcessor : DeviceProperty.OfProcessor)
        {
            JsonObject entry = [];
            if (property.Default is { } value)
            {
                entry.Add("default-value", value);
            }

            entry.Add("name", property.Name);
            entry.Add("type", property.TypeName);
            result.Add(entry);
        }

        return result;
    }

    private static List<JsonValue> DescribeAll(IEnumerable<PropertySpec> properties)
    {
        List<JsonValue> result = [];
        foreach (PropertySpec property in properties)
        {
            result.Add(PropertyOf(property));
        }

        return result;
    }

    private static JsonObject PropertyOf(PropertySpec property)
    {
        JsonObject entry = [];
        if (property.Default is { } value)
        {
            entry.Add("default-value", value.AsBoolean() is { } boolean ? (JsonValue)boolean : value.AsNumber() is { } number ? (long)number : value.ToString());
        }

        entry.Add("name", property.Name);
        entry.Add("type", property.TypeName);
        return entry;
    }
}
