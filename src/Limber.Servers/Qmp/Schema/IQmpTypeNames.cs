namespace Limber.Servers.Qmp.Schema;

/// <summary>Gives types their names in the schema; a type that is named is also described there.</summary>
internal interface IQmpTypeNames
{
    string NameOf(QmpType type);
}
