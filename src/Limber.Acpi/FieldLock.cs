namespace Limber.Acpi;

/// <summary>Whether accesses to a field take the global lock that OSPM shares with firmware.</summary>
public enum FieldLock : byte
{
    NoLock = 0,
    Lock = 1,
}
