using System;
using System.Collections.Generic;
using System.Collections.Immutable;

namespace Limber.Cpu;

/// <summary>
/// Works out the CPUID leaves of every vCPU of one VM: the model limited to what the host supports, or
/// the host itself, with the topology of the largest machine the VM can become. The work is done once;
/// <see cref="Build(int)"/> only writes one CPU's ids into a copy, so a CPU plugged in later gets the
/// same answers as those of the boot. Immutable; may be used from any thread.
/// </summary>
public sealed class CpuidBuilder
{
    /// <summary>KVM_MAX_CPUID_ENTRIES.</summary>
    public const int MaxEntries = 256;

    private const uint ExtendedBase = 0x80000000;
    private const uint AddressSizes = 0x80000008;
    private const uint SvmLeaf = 0x8000000a;

    // Bits of leaf 1 EDX that AMD repeats in leaf 0x80000001 EDX.
    private const uint AmdAliases = 0x0183f3ff;

    private readonly IReadOnlyList<CpuidEntry> _supported;
    private readonly CpuSpec _spec;
    private readonly CpuTopology _topology;
    private readonly CpuIdentity _identity;
    private readonly CpuFeatureSet _features;
    private readonly CpuidTable _table = new();
    private readonly CpuidEntry[] _template;

    /// <param name="supported">What KVM_GET_SUPPORTED_CPUID lists.</param>
    /// <param name="spec">The model and its options.</param>
    /// <param name="topology">The largest machine this VM can become.</param>
    /// <param name="capabilities">What else the host offers.</param>
    /// <exception cref="CpuModelException">
    /// <c>enforce</c> was given and the host lacks a feature, or the leaves exceed KVM's limit.
    /// </exception>
    public CpuidBuilder(
        IReadOnlyList<CpuidEntry> supported,
        CpuSpec spec,
        CpuTopology topology,
        CpuidHostCapabilities capabilities)
    {
        _supported = supported;
        _spec = spec;
        _topology = topology;
        _identity = CpuIdentity.Of(spec, supported, capabilities);

        CpuFeatureResolution resolution =
            CpuFeatureResolution.Resolve(CpuFeatureSet.FromEntries(supported), spec, capabilities);
        _features = WithAliases(WithTopology(resolution.Effective));
        IReadOnlyList<string> missing = resolution.Warnings();
        if (spec.Options.Enforce && missing.Count != 0)
        {
            throw new CpuModelException("Host doesn't support requested features", missing);
        }

        MissingFeatures = spec.Options.Check ? missing : [];
        _template = MakeTemplate(capabilities);
    }

    /// <summary>One warning for each feature that was asked for and that the host lacks.</summary>
    public IReadOnlyList<string> MissingFeatures { get; }

    /// <summary>The features that the guest sees, apart from those that follow from the topology.</summary>
    public CpuFeatureSet Features => _features;

    /// <summary>
    /// <c>warning: This family of AMD CPU doesn't support hyperthreading(2)...</c> when the guest cannot
    /// tell threads from cores; otherwise null.
    /// </summary>
    public string? TopologyWarning =>
        _identity.Vendor.IsAmdLike && _topology.Threads > 1 && !_features.Has("topoext")
            ? $"warning: This family of AMD CPU doesn't support hyperthreading({_topology.Threads}). Please configure -smp options properly or try enabling topoext feature."
            : null;

    /// <summary>The leaves of one vCPU, sorted by function and index, at most <see cref="MaxEntries"/>.</summary>
    /// <param name="cpuIndex">The slot, 0 up to the topology's total, exclusive.</param>
    public CpuidEntry[] Build(int cpuIndex)
    {
        uint apicId = _topology.ApicId(cpuIndex);
        return Array.ConvertAll(_template, entry => TopologyLeaves.Personalize(entry, _topology, apicId));
    }

    /// <summary>The leaves of one vCPU, for a caller that needs only one.</summary>
    /// <inheritdoc cref="CpuidBuilder(IReadOnlyList{CpuidEntry}, CpuSpec, CpuTopology, CpuidHostCapabilities)"/>
    public static CpuidEntry[] Build(
        IReadOnlyList<CpuidEntry> supported,
        CpuSpec spec,
        CpuTopology topology,
        int cpuIndex,
        CpuidHostCapabilities? capabilities = null) =>
        new CpuidBuilder(supported, spec, topology, capabilities ?? CpuidHostCapabilities.None).Build(cpuIndex);

    private bool IsAmd => _identity.Vendor.IsAmdLike;

    // On AMD processors only these leaves tell threads from cores and hold ids beyond eight bits, whatever model stands behind
    // the vendor; nothing in the processor is needed for them.
    private CpuFeatureSet WithTopology(CpuFeatureSet features)
    {
        CpuFeatureSet leaves = CpuFeatureSet.Parse("topoext");
        bool needed = IsAmd && (_topology.Threads > 1 || _topology.ApicId(_topology.Total - 1) > byte.MaxValue);
        return needed && !_spec.Options.Disabled.Has("topoext") ? features.Union(leaves) : features;
    }

    private CpuidEntry[] MakeTemplate(CpuidHostCapabilities capabilities)
    {
        CopyFromHost();
        AddFeatureWords();
        AddIdentity();
        AddAddressSizes();
        ExtendedStateLeaves.Add(_table, _supported, _features);
        AddCaches();
        AddTopology();
        AddLevels();
        if (_spec.Options.ShowKvm)
        {
            ParavirtualLeaves.Add(_table, _features, capabilities.TscKhz);
        }

        return _table.Count <= MaxEntries
            ? _table.ToArray()
            : throw new CpuModelException(
                $"CPU model '{_spec.ModelName}' needs {_table.Count} CPUID entries, KVM takes at most {MaxEntries}");
    }

    private void CopyFromHost()
    {
        foreach (CpuidEntry entry in _supported)
        {
            if (!entry.IsZero && IsCopied(entry.Function))
            {
                _table.Set(entry with { Flags = entry.Flags & CpuidEntry.SignificantIndex });
            }
        }
    }

    // Which leaves come from the host as they are; named models take only what their features imply.
    private bool IsCopied(uint function) => function switch
    {
        0x5 => _features.Has("monitor"),
        0xa => _spec.Options.Pmu ?? _spec.Model.IsHost,
        0x14 => _features.Has("intel-pt"),
        0x1d or 0x1e => _features.Has("amx-tile"),
        SvmLeaf => _features.Has("svm"),

        // Made here, from the topology and the features.
        CacheLeaves.DeterministicCache or CacheLeaves.AmdCacheTopology => false,
        TopologyLeaves.ExtendedTopology or TopologyLeaves.ExtendedTopologyV2 => false,
        TopologyLeaves.AmdProcessorTopology or 0x80000026 => false,
        ExtendedStateLeaves.Function => false,

        // Not offered: enclaves, memory encryption, and hypervisor leaves other than KVM's own.
        0x12 or 0x8000001f => false,
        >= ParavirtualLeaves.Signature and < ExtendedBase => false,
        _ => _spec.Model.IsHost,
    };

    private void AddFeatureWords()
    {
        foreach (CpuFeatureWord word in CpuFeatureWord.All)
        {
            bool elsewhere = word.Function is ParavirtualLeaves.Features or ExtendedStateLeaves.Function;
            if (!elsewhere)
            {
                _table.SetWord(word, _features[word]);
            }
        }

        // Leaf 7 announces its highest subleaf; a host may have more of them than the words know.
        uint highest = 0;
        foreach (CpuFeatureWord word in CpuFeatureWord.All)
        {
            highest = word.Function == 7 && _features[word] != 0 ? Math.Max(highest, word.Index) : highest;
        }

        if (highest > 0)
        {
            CpuidEntry leaf7 = _table.Get(7);
            _table.Set(leaf7 with { Eax = Math.Max(leaf7.Eax, highest), Flags = CpuidEntry.SignificantIndex });
        }
    }

    private CpuFeatureSet WithAliases(CpuFeatureSet features)
    {
        uint word = features[CpuFeatureWord.Extended1Edx] & ~AmdAliases;
        uint aliases = IsAmd ? features[CpuFeatureWord.Leaf1Edx] & AmdAliases : 0;
        return features.With(CpuFeatureWord.Extended1Edx, word | aliases);
    }

    private void AddIdentity()
    {
        const uint clflushLine = 64 / 8;
        CpuidEntry leaf1 = _table.Get(1);
        uint ebx = _features.Has("clflush") ? clflushLine << 8 : 0;
        _table.Set(leaf1 with { Eax = _identity.Signature, Ebx = ebx });

        CpuidEntry extended1 = _table.Get(0x80000001);
        _table.Set(extended1 with { Eax = IsAmd ? _identity.Signature : 0 });
        _identity.AddBrand(_table);
    }

    private void AddAddressSizes()
    {
        const uint defaultPhysical = 40;
        const uint linear4Level = 48;
        uint host = CpuIdentity.Find(_supported, AddressSizes).Eax;
        uint physical = (host & 0xff) == 0 ? defaultPhysical : host & 0xff;
        uint linear = _features.Has("la57") ? Math.Max(host >> 8 & 0xff, linear4Level) : linear4Level;
        if (_spec.Options.PhysicalBits is > 0 and int wanted)
        {
            physical = Math.Min(physical, (uint)wanted);
        }

        CpuidEntry leaf = _table.Get(AddressSizes);
        uint ecx = IsAmd ? TopologyLeaves.AmdCoreCount(_topology) : 0;
        _table.Set(leaf with { Eax = linear << 8 | physical, Ecx = ecx });
    }

    private void AddCaches()
    {
        uint function = IsAmd ? CacheLeaves.AmdCacheTopology : CacheLeaves.DeterministicCache;
        ImmutableArray<CpuCache> caches = _spec.Model.Caches;
        if (_spec.Model.IsHost)
        {
            ImmutableArray<CpuCache> host = CpuCaches.FromHost(_supported, function);
            caches = !host.IsEmpty ? host : IsAmd ? CpuCaches.AmdZen2 : CpuCaches.IntelSkylakeServer;
        }

        caches = _spec.Options.L3Cache ? caches : caches.RemoveAll(static cache => cache.Level == 3);
        if (!IsAmd && _table.Get(CacheLeaves.Descriptors).IsZero)
        {
            CacheLeaves.AddDescriptors(_table);
        }

        if (!IsAmd || _features.Has("topoext"))
        {
            CacheLeaves.AddDeterministic(_table, function, caches, _topology);
        }

        if (_table.Get(CacheLeaves.Sizes).IsZero)
        {
            CacheLeaves.AddSizes(_table, caches, IsAmd);
        }
    }

    private void AddTopology()
    {
        TopologyLeaves.AddPackageSize(_table, _topology, IsAmd);
        if (_features.Has("x2apic"))
        {
            TopologyLeaves.AddExtendedTopology(_table, _topology);
            if (!IsAmd && TopologyLeaves.NeedsV2(_topology))
            {
                TopologyLeaves.AddExtendedTopologyV2(_table, _topology);
            }
        }

        if (IsAmd && _features.Has("topoext"))
        {
            TopologyLeaves.AddAmdTopology(_table, _topology);
        }
    }

    // Levels rise until every leaf above can be reached; a level that the user named stays as it is.
    private void AddLevels()
    {
        CpuidEntry hostBasic = CpuIdentity.Find(_supported, 0);
        CpuidEntry hostExtended = CpuIdentity.Find(_supported, ExtendedBase);
        uint level = _spec.Model.IsHost ? hostBasic.Eax : _spec.Model.Level;
        uint extendedLevel = _spec.Model.IsHost ? hostExtended.Eax : _spec.Model.ExtendedLevel;
        foreach (CpuidEntry entry in _table.ToArray())
        {
            if (entry.Function >= ExtendedBase)
            {
                extendedLevel = Math.Max(extendedLevel, entry.Function);
            }
            else
            {
                level = Math.Max(level, entry.Function);
            }
        }

        level = _spec.Options.Level ?? level;
        extendedLevel = _spec.Options.ExtendedLevel ?? extendedLevel;
        (uint ebx, uint ecx, uint edx) = _identity.Vendor.ToRegisters();
        _table.Trim(level, Math.Max(extendedLevel, ExtendedBase));
        _table.Set(0, level, ebx, ecx, edx);
        _table.Set(ExtendedBase, extendedLevel, ebx, ecx, edx);
    }
}
