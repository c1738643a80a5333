namespace Limber.Acpi;

/// <summary>Caching attribute of a memory range (ACPI 6.5, 6.4.3.5.5).</summary>
public enum MemoryCaching : byte
{
    NonCacheable = 0,
    Cacheable = 1,
    WriteCombining = 2,
    Prefetchable = 3,
}
